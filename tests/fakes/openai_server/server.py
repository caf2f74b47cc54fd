"""The server itself."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict

from aiohttp import web

from tests.fakes.openai_server.answers import b64, event, facts, noise, painted, usage
from tests.fakes.openai_server.faults import FAULTS, ApiError, Fault, error_answer, moderated, raise_early, spoiled
from tests.fakes.openai_server.orders import MEDIA, Order, Recorded, check_key, order_of, record


class OpenAIServer:
    """Open it with `async with`. `picture` replaces what it draws; `delay` is seconds per drawing."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, delay: float = 0.0) -> None:
        self.requests: list[Recorded] = []
        self.billed = 0
        self.delay = delay
        self.picture: bytes | None = None
        self.downloads = 0
        self._noisy = False
        self._host, self._port = host, port
        self._faults: list[Fault] = []
        self._files: dict[str, tuple[bytes, str]] = {}
        self._drawn: dict[tuple[str, str, str, bool], bytes] = {}
        self._closing = asyncio.Event()

    @property
    def base_url(self) -> str:
        """What a client is given: with /v1."""
        return f"http://{self._host}:{self._port}/v1"

    async def _until_left_alone(self, request: web.Request) -> None:
        while request.transport and not request.transport.is_closing():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), 0.05)
                return

    @property
    def connections(self) -> int:
        """How many clients are connected now."""
        return len(self._runner.server.connections) if self._runner.server else 0

    def fault(self, name: str, *, times: int | None = 1, value: str = "") -> None:
        """Arm a fault for the next `times` POSTs; None: for all. Faults are used up in the order they were armed."""
        if name not in FAULTS:
            raise ValueError(f"no fault {name}; there are: {', '.join(FAULTS)}")
        self._faults.append(Fault(name, times, value))

    def clear_faults(self) -> None:
        """Behave again."""
        self._faults.clear()

    async def __aenter__(self) -> OpenAIServer:
        app = web.Application(client_max_size=1024**3)
        app.router.add_post("/v1/images/generations", self._images)
        app.router.add_post("/v1/images/edits", self._images)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/files/{name}", self._file)
        app.router.add_get("/_admin/requests", self._admin_requests)
        app.router.add_post("/_admin/fault", self._admin_fault)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._runner.cleanup()

    # ── Answering ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _images(self, request: web.Request) -> web.StreamResponse:
        recorded = await record(request)
        self.requests.append(recorded)
        fault = self._next_fault()
        try:
            check_key(request)
            raise_early(fault)
            order = order_of(recorded)
        except ApiError as error:
            return error_answer(error)
        if fault.name == "redirect":
            raise web.HTTPTemporaryRedirect(request.path)
        await asyncio.sleep(float(fault.value or 1) if fault.name == "slow" else self.delay)
        self._noisy = fault.name == "noise"
        pictures = [await asyncio.to_thread(self._draw, order, number) for number in range(order.n)]
        if fault.name == "moderation_output":
            return error_answer(moderated("output", fault.value))
        self.billed += order.n
        return await self._answer(request, order, spoiled(pictures, fault), fault)

    async def _answer(
        self, request: web.Request, order: Order, pictures: list[bytes], fault: Fault
    ) -> web.StreamResponse:
        if fault.name == "hang":
            await self._until_left_alone(request)
        if fault.name in ("hang", "cut_before_headers"):
            return _cut(request)
        if fault.name == "html_200":
            return web.Response(text="<html><body>Welcome</body></html>", content_type="text/html")
        if fault.name == "error_in_200":
            return web.json_response(
                {"error": {"message": "Upstream failed", "code": fault.value or "upstream_failed"}}
            )
        streams = order.stream or fault.name in ("sse_instead_of_json", "error_in_stream")
        if streams and fault.name != "json_instead_of_sse":
            return await self._stream(request, order, pictures, fault)
        return await self._json(request, order, pictures, fault)

    async def _json(
        self, request: web.Request, order: Order, pictures: list[bytes], fault: Fault
    ) -> web.StreamResponse:
        data = [self._item(picture, order, fault) for picture in pictures]
        body = {"created": 1, **facts(order), "data": data, **usage(order, fault)}
        text = json.dumps(body)
        if fault.name == "escaped":
            text = text.replace("/", "\\/").replace("+", "\\u002B")
        end = {"cut_mid_body": len(text) // 2, "cut_after_picture": text.rfind("}]") + 1}.get(fault.name, len(text))
        media_type = "text/plain" if fault.name == "wrong_content_type" else "application/json"
        headers = {"Content-Type": media_type, "Content-Length": str(len(text)), "x-request-id": "req_loopback"}
        return await _send(request, headers, _pieces(text[:end]), cut=end < len(text))

    async def _stream(
        self, request: web.Request, order: Order, pictures: list[bytes], fault: Fault
    ) -> web.StreamResponse:
        kind = "image_edit" if order.images else "image_generation"
        headers = {"Content-Type": "text/event-stream", "x-request-id": "req_loopback"}

        async def events() -> AsyncIterator[str]:
            for index in range(order.partials):
                preview = await asyncio.to_thread(self._draw, order, 100 + index)
                yield event(f"{kind}.partial_image", {"b64_json": b64(preview), "partial_image_index": index})
                await asyncio.sleep(self.delay)
            if fault.name == "error_in_stream":
                error = {"message": "It failed", "type": "server_error", "code": fault.value or "server_error"}
                yield event("error", {"error": error})
            elif fault.name != "sse_without_final":
                for picture in pictures:
                    final = {**self._item(picture, order, fault), **facts(order), **usage(order, fault)}
                    text = event(f"{kind}.completed", final)
                    yield text[: len(text) // 2] if fault.name == "cut_mid_body" else text

        return await _send(request, headers, events(), cut=fault.name == "cut_mid_body")

    def _item(self, picture: bytes, order: Order, fault: Fault) -> dict[str, object]:
        media_type = MEDIA[order.output_format]
        if fault.name == "data_url":
            return {"b64_json": f"data:{media_type};base64,{b64(picture)}"}
        if fault.name != "url":
            return {"b64_json": b64(picture)}
        if fault.value == "data":
            return {"url": f"data:{media_type};base64,{b64(picture)}"}
        name = uuid.uuid4().hex
        self._files[name] = (picture, fault.value)
        host = "localhost" if fault.value == "private" else self._host
        return {"url": f"http://{host}:{self._port}/files/{name}"}

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self.downloads += 1
        name = request.match_info["name"]
        data, how = self._files[name]
        if how in ("redirect", "private_redirect"):
            self._files[name] = (data, "")
            host = "localhost" if how == "private_redirect" else self._host
            raise web.HTTPFound(f"http://{host}:{self._port}/files/{name}")
        if how == "flaky":
            self._files[name] = (data, "")
            return _cut(request)
        if how == "gone":
            raise web.HTTPGone
        return web.Response(body=b"not a picture" if how == "text" else data, content_type="image/png")

    async def _models(self, request: web.Request) -> web.Response:
        try:
            check_key(request)
        except ApiError as error:
            return error_answer(error)
        names = ("gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.5-flare")
        return web.json_response({"object": "list", "data": [
            {"id": name, "object": "model", "created": 1, "owned_by": "openai", "shutdown_date": None} for name in names
        ]})  # fmt: skip

    async def _admin_requests(self, _: web.Request) -> web.Response:
        def shown(recorded: Recorded) -> dict[str, object]:
            files = [{key: value for key, value in asdict(file).items() if key != "data"} for file in recorded.files]
            return {"path": recorded.path, "fields": recorded.fields, "files": files}

        return web.json_response(
            {"posts": len(self.requests), "billed": self.billed, "requests": [shown(one) for one in self.requests]}
        )

    async def _admin_fault(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("name") is None:
            self.clear_faults()
        elif body["name"] in FAULTS:
            self.fault(body["name"], times=body.get("times", 1), value=str(body.get("value", "")))
        else:
            return web.json_response({"error": f"faults: {sorted(FAULTS)}"}, status=400)
        return web.json_response({"armed": [asdict(fault) for fault in self._faults]})

    def _next_fault(self) -> Fault:
        if not self._faults:
            return Fault("", None, "")
        fault = self._faults[0]
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.pop(0)
        return fault

    def _draw(self, order: Order, number: int) -> bytes:
        if self.picture is not None:
            return self.picture
        if self._noisy:
            return noise(order.size)
        seed = hashlib.sha256(f"{order.prompt}/{order.inputs}/{number}".encode()).hexdigest()
        key = (order.size, order.output_format, seed, order.background == "transparent")
        if key not in self._drawn:
            self._drawn[key] = painted(*key)
        return self._drawn[key]


async def _pieces(text: str) -> AsyncIterator[str]:
    yield text


async def _send(
    request: web.Request, headers: Mapping[str, str], texts: AsyncIterator[str], *, cut: bool
) -> web.StreamResponse:
    response = web.StreamResponse(headers=headers)
    try:
        await response.prepare(request)
        async for text in texts:
            await response.write(text.encode())
        if cut:
            return _cut(request, response)
        await response.write_eof()
    except ConnectionError:  # the client went away, as a killed bot does
        pass
    return response


def _cut(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    """Close the connection; what was written so far still goes out."""
    if request.transport:
        request.transport.close()
    return response or web.Response()
