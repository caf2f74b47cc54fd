"""The server itself."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import asdict, replace

from aiohttp import web

from tests.fakes.openai_server import chat, moderations, think_answers, think_orders
from tests.fakes.openai_server.answers import b64, event, facts, noise, painted, tokens, usage
from tests.fakes.openai_server.dialect import Dialect
from tests.fakes.openai_server.faults import FAULTS, ApiError, Fault, error_answer, moderated, raise_early, spoiled
from tests.fakes.openai_server.limit import Limit
from tests.fakes.openai_server.orders import Order, order_of
from tests.fakes.openai_server.recorded import Recorded, check_key, record, shown
from tests.fakes.openai_server.sending import cut_off, pieces, send, until_left_alone
from tests.fakes.openai_server.uploads import MEDIA

Answer = Callable[[web.Request, Recorded, Fault], Awaitable[web.StreamResponse]]


class OpenAIServer:
    """Open it with `async with`.

    `picture` replaces what it draws; `delay` is seconds per drawing. `billed` counts pictures, `invoices` has the model
    and the tokens (text in, images in, images out) of each POST that is billed, `refused` counts answers of 429,
    `most_at_once` how many pictures' requests were worked on at one time. `shutdown_dates` (model → YYYY-MM-DD) appear
    in the list of models. The keywords of a dialect are explained there; `window` is in seconds.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, delay: float = 0.0, strict: bool = False,
        edit_field: str | None = None, needs_response_format: bool = False, unknown: tuple[str, ...] = (),
        no_streaming: bool = False, only: tuple[str, ...] = (), requests_per_minute: int | None = None,
        window: float = 60.0,
    ) -> None:  # fmt: skip
        self.requests: list[Recorded] = []
        self.billed = 0
        self.invoices: list[tuple[str, int, int, int]] = []
        self.refused = 0
        self.most_at_once = 0
        self.downloads = 0
        self.delay = delay
        self.picture: bytes | None = None
        self.shutdown_dates: dict[str, str] = {}
        self.has_moderations = True
        self.dialect = Dialect(
            strict=strict, only=tuple(only), edit_field=edit_field, unknown=tuple(unknown),
            needs_response_format=needs_response_format, no_streaming=no_streaming,
        )  # fmt: skip
        self._limit = Limit(requests_per_minute, window)
        self._working = 0
        self._host, self._port = host, port
        self._faults: list[Fault] = []
        self._files: dict[str, tuple[bytes, str]] = {}
        self._drawn: dict[tuple[str, str, str, bool], bytes] = {}
        self._closing = asyncio.Event()

    @property
    def base_url(self) -> str:
        """What a client is given: with /v1."""
        return f"http://{self._host}:{self._port}/v1"

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
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/responses", self._responses)
        app.router.add_post("/v1/moderations", self._moderations)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/files/{name}", self._file)
        app.router.add_get("/_admin/requests", self._admin_requests)
        app.router.add_post("/_admin/fault", self._admin_fault)
        app.on_response_prepare.append(self._tell_limit)
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
        return await self._handled(request, self._answer_images, self._limit)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._handled(request, self._answer_chat)

    async def _responses(self, request: web.Request) -> web.StreamResponse:
        return await self._handled(request, self._answer_responses)

    async def _moderations(self, request: web.Request) -> web.StreamResponse:
        if not self.has_moderations:
            raise web.HTTPNotFound
        return await self._handled(request, self._answer_moderations)

    async def _answer_moderations(self, request: web.Request, recorded: Recorded, fault: Fault) -> web.StreamResponse:
        await self._delayed(fault)
        if broken := await self._broken(request, fault):
            return broken
        body = {} if fault.name == "empty_data" else await asyncio.to_thread(moderations.judged, recorded.fields)
        return web.json_response(body)

    async def _handled(self, request: web.Request, answer: Answer, limit: Limit | None = None) -> web.StreamResponse:
        recorded = await record(request)
        self.requests.append(recorded)
        try:
            check_key(request)
            if limit:
                limit.take()
            fault = self._next_fault()
            raise_early(fault)
            self.dialect.check(recorded)
            if recorded.problem:
                raise recorded.problem
            return await answer(request, recorded, fault)
        except ApiError as error:
            self.refused += error.status == 429
            return error_answer(error)

    async def _tell_limit(self, request: web.Request, response: web.StreamResponse) -> None:
        if request.path.startswith("/v1/images/"):
            response.headers.update(self._limit.headers())

    async def _answer_images(self, request: web.Request, recorded: Recorded, fault: Fault) -> web.StreamResponse:
        order = await asyncio.to_thread(order_of, recorded, self.dialect)
        if fault.name == "redirect":
            raise web.HTTPTemporaryRedirect(request.path)
        with self._at_work():
            pictures = await self._pictures(order, fault)
            if broken := await self._broken(request, fault):
                return broken
            streams = order.stream or fault.name in ("sse_instead_of_json", "error_in_stream")
            if streams and fault.name != "json_instead_of_sse":
                return await self._stream(request, order, pictures, fault)
            return await self._json(request, order, pictures, fault)

    async def _answer_chat(self, request: web.Request, recorded: Recorded, fault: Fault) -> web.StreamResponse:
        order = await asyncio.to_thread(chat.order_of, recorded, self.dialect)
        with self._at_work():
            pictures = [] if fault.name == "chat_words" else await self._pictures(order, fault)
            if broken := await self._broken(request, fault):
                return broken
            address = self._address(pictures[0], "") if fault.name == "chat_markdown_url" and pictures else ""
            return web.json_response(chat.completion(order, pictures, fault, address))

    async def _answer_responses(self, request: web.Request, recorded: Recorded, fault: Fault) -> web.StreamResponse:
        thought = await asyncio.to_thread(think_orders.thought_of, recorded, self.dialect)
        with self._at_work():
            streams = thought.order.stream and fault.name != "json_instead_of_sse"
            drawn = fault.name not in think_answers.UNDRAWN
            pictures = await self._pictures(thought.order, fault, at_once=streams) if drawn else []
            if broken := await self._broken(request, fault):
                return broken
            answer = think_answers.Answer(thought, pictures[0] if pictures else None, fault)
            if not streams:
                return think_answers.unstreamed(request, answer)
            headers = {"Content-Type": "text/event-stream", "x-request-id": "req_loopback"}
            return await send(request, headers, self._thinking(answer), cut=fault.name == "cut_mid_body")

    async def _thinking(self, answer: think_answers.Answer) -> AsyncIterator[str]:
        """The events; what is told before drawing comes without delay."""
        previews = [await asyncio.to_thread(self._draw, answer.thought.order, 100 + index, answer.fault)
                    for index in range(answer.thought.order.partials)]  # fmt: skip
        for kind, data in think_answers.events(answer, previews):
            text = event(kind, data)
            if kind == "response.completed" and answer.fault.name == "cut_mid_body":
                text = text[: len(text) // 2]
            yield text
            if kind == "response.image_generation_call.generating":
                await self._delayed(answer.fault)
            if kind == "response.image_generation_call.partial_image":
                await asyncio.sleep(self.delay)

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        self._working += 1
        self.most_at_once = max(self.most_at_once, self._working)
        try:
            yield
        finally:
            self._working -= 1

    async def _delayed(self, fault: Fault) -> None:
        await asyncio.sleep(float(fault.value or 1) if fault.name == "slow" else self.delay)

    async def _pictures(self, order: Order, fault: Fault, *, at_once: bool = False) -> list[bytes]:
        if not at_once:
            await self._delayed(fault)
        pictures = [await asyncio.to_thread(self._draw, order, number, fault) for number in range(order.n)]
        if fault.name == "moderation_output":
            raise moderated("output", fault.value)
        self.billed += order.n
        self.invoices.append((order.model, *tokens(order, fault)))
        return spoiled(pictures, fault)

    async def _broken(self, request: web.Request, fault: Fault) -> web.StreamResponse | None:
        """The faults that come in place of an answer, once it was drawn."""
        if fault.name == "hang":
            await until_left_alone(request, self._closing)
        if fault.name in ("hang", "cut_before_headers"):
            return cut_off(request)
        if fault.name == "html_200":
            return web.Response(text="<html><body>Welcome</body></html>", content_type="text/html")
        if fault.name == "error_in_200":
            return web.json_response(
                {"error": {"message": "Upstream failed", "code": fault.value or "upstream_failed"}}
            )
        return None

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
        return await send(request, headers, pieces(text[:end]), cut=end < len(text))

    async def _stream(
        self, request: web.Request, order: Order, pictures: list[bytes], fault: Fault
    ) -> web.StreamResponse:
        kind = "image_edit" if order.images else "image_generation"
        headers = {"Content-Type": "text/event-stream", "x-request-id": "req_loopback"}

        async def events() -> AsyncIterator[str]:
            for index in range(order.partials):
                preview = await asyncio.to_thread(self._draw, order, 100 + index, fault)
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

        return await send(request, headers, events(), cut=fault.name == "cut_mid_body")

    def _item(self, picture: bytes, order: Order, fault: Fault) -> dict[str, object]:
        media_type = MEDIA[order.output_format]
        if fault.name == "data_url":
            return {"b64_json": f"data:{media_type};base64,{b64(picture)}"}
        if fault.name != "url" and not order.by_address:
            return {"b64_json": b64(picture)}
        if fault.value == "data":
            return {"url": f"data:{media_type};base64,{b64(picture)}"}
        return {"url": self._address(picture, fault.value if fault.name == "url" else "")}

    def _address(self, picture: bytes, how: str) -> str:
        name = uuid.uuid4().hex
        self._files[name] = (picture, how)
        host = "localhost" if how == "private" else self._host
        return f"http://{host}:{self._port}/files/{name}"

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
            return cut_off(request)
        if how == "gone":
            raise web.HTTPGone
        return web.Response(body=b"not a picture" if how == "text" else data, content_type="image/png")

    async def _models(self, request: web.Request) -> web.Response:
        try:
            check_key(request)
        except ApiError as error:
            return error_answer(error)
        return web.json_response({"object": "list", "data": [
            {"id": name, "object": "model", "created": 1, "owned_by": "openai",
             "shutdown_date": self.shutdown_dates.get(name)} for name in self.dialect.models
        ]})  # fmt: skip

    async def _admin_requests(self, _: web.Request) -> web.Response:
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

    def _draw(self, order: Order, number: int, fault: Fault) -> bytes:
        if self.picture is not None:
            return self.picture
        if fault.name == "noise":
            return noise(order.size)
        if fault.name == "wrong_size":
            order = replace(order, size="1024x1024")
        if fault.name == "wrong_format":
            order = replace(order, output_format="png")
        seed = hashlib.sha256(f"{order.prompt}/{order.inputs}/{number}".encode()).hexdigest()
        key = (order.size, order.output_format, seed, order.background == "transparent")
        if key not in self._drawn:
            self._drawn[key] = painted(*key)
        return self._drawn[key]
