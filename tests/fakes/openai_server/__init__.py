"""A loopback server shaped like OpenAI's Images API, strict where the real one is, with faults to switch on.

In a test: `async with OpenAIServer() as server`. As a process: `python -m tests.fakes.openai_server --port 8123`
prints its address; `GET /_admin/requests` tells what came in, `POST /_admin/fault {"name": "html_502", "times": 1}`
arms a fault (`times` null: until cleared; `name` null: clears them all).
"""

from tests.fakes.openai_server.answers import output_tokens
from tests.fakes.openai_server.faults import FAULTS
from tests.fakes.openai_server.orders import Recorded, Upload
from tests.fakes.openai_server.server import OpenAIServer

__all__ = ["FAULTS", "OpenAIServer", "Recorded", "Upload", "output_tokens"]
