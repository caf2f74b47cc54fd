"""Plugs everything together: the only module that knows the core, the adapters and the storage.

Each SDK is imported only where its room is opened, so that `retouch --help` is quick and a platform whose token is
not set costs nothing.
"""

from bot.app.asking import Answer, ask
from bot.app.house import House, open_house, open_store_only
from bot.app.purging import purge_now
from bot.app.serving import run
from bot.app.verifying import verify

__all__ = ["Answer", "House", "ask", "open_house", "open_store_only", "purge_now", "run", "verify"]
