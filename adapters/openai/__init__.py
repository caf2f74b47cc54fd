"""Pictures from OpenAI, or from any gateway that speaks its Images API.

Read `provider.py` (the door) first. `wire.py` turns our request into the SDK's arguments; `stream.py` takes
the base64 out of an answer while it arrives and `files.py` puts it on disk; `answer.py` reads the small rest;
`download.py` fetches pictures that came as an address; `errors.py` maps the vendor's errors onto ours.
"""

from adapters.openai.moderations import Moderations
from adapters.openai.provider import OpenAIProvider

__all__ = ["Moderations", "OpenAIProvider"]
