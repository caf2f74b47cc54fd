"""The server as a process of its own."""

from __future__ import annotations

import argparse
import asyncio

from tests.fakes.openai_server.server import OpenAIServer


async def _serve(port: int, delay: float) -> None:
    async with OpenAIServer(port=port, delay=delay) as server:
        print(server.base_url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds per picture")
    arguments = parser.parse_args()
    asyncio.run(_serve(arguments.port, arguments.delay))


if __name__ == "__main__":
    main()
