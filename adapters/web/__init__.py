"""The built-in web chat: one page, one server, no service outside this machine.

`platform.py` implements the port and plugs the parts together; `api.py` is what the page asks, `feed.py` what it is
told, `views.py` how a message looks as JSON, `rooms.py` who may look into which channel, `uploads.py` and `files.py`
move pictures in and out, `security.py` keeps other web pages out, `page/` is the page itself (no build step; its look
is that of all pages, `adapters/pages/page/base.css`).
"""

from adapters.web.platform import WebPlatform
from adapters.web.server import health_app

__all__ = ["WebPlatform", "health_app"]
