"""A loopback server shaped like OpenAI's Images API, strict where the real one is, with faults to switch on.

It also answers chat completions with pictures, as gateways do, and responses that search, think and draw. Keywords
of `OpenAIServer` make it a gateway of another dialect, or one with a rate limit.

In a test: `async with OpenAIServer() as server`. As a process: `python -m tests.fakes.openai_server --port 8123`
prints its address; `GET /_admin/requests` tells what came in, `POST /_admin/fault {"name": "html_502", "times": 1}`
arms a fault (`times` null: until cleared; `name` null: clears them all).
"""

from tests.fakes.openai_server.dialect import Dialect
from tests.fakes.openai_server.faults import FAULTS
from tests.fakes.openai_server.recorded import Recorded, Upload
from tests.fakes.openai_server.rules import output_tokens
from tests.fakes.openai_server.server import OpenAIServer

__all__ = ["FAULTS", "Dialect", "OpenAIServer", "Recorded", "Upload", "output_tokens"]
