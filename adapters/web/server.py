"""The HTTP server around the application: started, and stopped without hanging."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bot.errors import SetupProblem

SHUTDOWN_SECONDS = 5.0  # what a slow download gets before its connection is cut


@asynccontextmanager
async def serve(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve `app` and yield the port it really has (port 0 takes a free one). Raises `SetupProblem`."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise _problem(error, host, port) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _problem(error: OSError, host: str, port: int) -> SetupProblem:
    if error.errno == errno.EADDRINUSE:
        return SetupProblem(f"Port {port} is in use; start with another one: retouch demo --port 9000.")
    if error.errno == errno.EACCES:
        return SetupProblem(f"Port {port} needs special rights; start with another one: retouch demo --port 9000.")
    return SetupProblem(f"The server cannot listen on {host}, port {port} ({error.strerror}).")


def health_app() -> web.Application:
    """An application with only /healthz, for when the web chat is off."""
    app = web.Application()
    app.router.add_get("/healthz", healthz)
    return app


async def healthz(_: web.Request) -> web.Response:
    """Say that the process answers."""
    return web.json_response({"ok": True})
