"""A very fast server on this machine, so that what is measured is the client.

It speaks just enough HTTP/1.1 on raw sockets, sends answers that were prepared before it began, and throws uploads
away as they come. `python -m tests.benchmarks.server --port 0` prints its base URL.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import socket
import time
import urllib.request
from dataclasses import dataclass

from tests.benchmarks.picture import BYTES, SIZE, SMALL_SIZE, Answers, answers

_BUFFER = 262_144  # bytes of an upload taken at once
_HEAD_LIMIT = 65_536
_SMALL_UPLOAD = 1_000_000  # an edit below this is a warm-up and gets the small picture
_CHUNK_END = re.compile(rb"\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n\Z")


@dataclass(frozen=True, slots=True)
class Head:
    """The first lines of a request. `length` None: it comes in chunks."""

    method: str
    path: str
    length: int | None
    expects_100: bool


class Server:
    """Everything it knows: two sets of answers and what came in."""

    def __init__(self) -> None:
        self.large = answers(SIZE, BYTES)
        self.small = answers(SMALL_SIZE, 20_000)
        self.received = 0
        self.posts = 0

    async def run(self, port: int) -> None:
        """Print the base URL, then serve until killed."""
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", port), backlog=512) as listener:
            listener.setblocking(False)
            print(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", flush=True)
            tasks: set[asyncio.Task[None]] = set()
            while True:
                connection, _ = await loop.sock_accept(listener)
                task = asyncio.create_task(self._serve(connection))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

    async def _serve(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            try:
                while await self._answer_one(Stream(connection)):
                    pass
            except ConnectionError:
                pass  # a client that has all it wants goes away

    async def _answer_one(self, stream: Stream) -> bool:
        """One request of a connection; whether there was one."""
        head = await stream.head()
        if head is None:
            return False
        if head.method == "GET":
            await stream.send(self._stats())
            return True
        if head.expects_100:
            await stream.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if head.path.endswith("/edits"):
            size = await stream.skip(head.length)
            answer = self._pick(small=size < _SMALL_UPLOAD).json
        else:
            body = await stream.body(head.length)
            size = len(body)
            order = json.loads(body)
            chosen = self._pick(small=order["size"] != SIZE)
            answer = chosen.events if order.get("stream") else chosen.json
        self.posts += 1
        self.received += size
        await stream.send(answer)
        return True

    def _pick(self, *, small: bool) -> Answers:
        return self.small if small else self.large

    def _stats(self) -> bytes:
        stats = {
            "posts": self.posts, "received": self.received, "cpu_seconds": time.process_time(),
            "sha256": self.large.sha256, "small_sha256": self.small.sha256,
        }  # fmt: skip
        body = json.dumps(stats).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


class Stream:
    """One connection, for one request: nothing is kept between them, as no client here sends ahead."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._ahead = b""

    async def head(self) -> Head | None:
        """Read to the empty line; None when the client is gone."""
        text = b""
        while b"\r\n\r\n" not in text:
            piece = await self._loop.sock_recv(self._connection, _HEAD_LIMIT)
            if not piece or len(text) > _HEAD_LIMIT:
                return None
            text += piece
        text, _, self._ahead = text.partition(b"\r\n\r\n")
        return _parsed(text.decode("latin-1"))

    async def body(self, length: int | None) -> bytes:
        """A short body, whole."""
        text = self._ahead
        while not _complete(text, length):
            piece = await self._loop.sock_recv(self._connection, _HEAD_LIMIT)
            if not piece:
                raise ConnectionResetError
            text += piece
        return text if length is not None else _joined(text)

    async def skip(self, length: int | None) -> int:
        """Take a long body without keeping it; its bytes on the wire."""
        buffer = bytearray(_BUFFER)
        taken, tail = len(self._ahead), self._ahead[-64:]
        while taken < length if length is not None else not _CHUNK_END.search(tail):
            count = await self._loop.sock_recv_into(self._connection, buffer)
            if not count:
                raise ConnectionResetError
            taken += count
            tail = (tail + bytes(buffer[max(0, count - 64) : count]))[-64:]
        return taken

    async def send(self, data: bytes) -> None:
        """Straight from where it lies, without copies of our own."""
        await self._loop.sock_sendall(self._connection, data)


def _parsed(text: str) -> Head:
    first, *lines = text.split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    chunked = "chunked" in headers.get("transfer-encoding", "")
    length = None if chunked else int(headers.get("content-length", "0"))
    return Head(method, target.partition("?")[0], length, headers.get("expect", "").lower() == "100-continue")


def _complete(text: bytes, length: int | None) -> bool:
    return len(text) >= length if length is not None else bool(_CHUNK_END.search(text))


def _joined(text: bytes) -> bytes:
    body = b""
    while text:
        size, _, text = text.partition(b"\r\n")
        count = int(size.partition(b";")[0], 16)
        if not count:
            break
        body, text = body + text[:count], text[count + 2 :]
    return body


@dataclass(frozen=True, slots=True)
class Loopback:
    """The server as the benchmarks see it, from another process."""

    url: str

    def stats(self) -> dict[str, float]:
        """POSTs, bytes received and CPU seconds so far."""
        return {name: value for name, value in self._asked().items() if isinstance(value, int | float)}

    @property
    def sha256(self) -> str:
        """Of the large picture it sends."""
        return str(self._asked()["sha256"])

    def _asked(self) -> dict[str, object]:
        with urllib.request.urlopen(f"{self.url.removesuffix('/v1')}/_admin/stats") as answer:
            return dict(json.load(answer))


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(Server().run(parser.parse_args().port))


if __name__ == "__main__":
    main()
