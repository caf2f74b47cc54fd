"""Bodies read from disk while they are sent: as long as announced, right to the last byte, or an error."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.openai import upload
from adapters.openai.upload import PIECE, Body, DataUrl, FilePart, FormBody, JsonBody, UnreadableError
from bot.errors import ProviderProblem
from bot.ports import InputImage
from tests.contracts.provider import answer, photo
from tests.fakes.openai_server import OpenAIServer
from tests.test_openai.conftest import Ask
from tests.test_openai.gates import failure, gateway, opened, small_png, unfinished

SIZES = st.sampled_from([0, 1, 2, 3, 4, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE - 2, 2 * PIECE]) | st.integers(0, 300)
TEXTS = st.text(max_size=60) | st.sampled_from(['"', "\r\n", "--x\r\n\r\n", "a\\b", "ärger 🦊", "\ud83e", "\x00"])
several = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(folder: Path, sizes: list[int]) -> list[Path]:
    paths = [folder / f"{number}.bin" for number in range(len(sizes))]
    for path, size in zip(paths, sizes, strict=True):
        path.write_bytes((b"0123456789abcdef\xff\x00" * (size // 18 + 1))[:size])
    return paths


async def read(body: Body) -> bytes:
    return b"".join([piece async for piece in body.pieces()])


def clean(text: str) -> str:
    """What arrives of a text: half a character becomes a question mark."""
    return text.encode(errors="replace").decode()


@several
@given(sizes=st.lists(SIZES, max_size=3), text=TEXTS, name=st.text(max_size=8))
async def test_a_json_body_is_as_long_as_it_says_and_carries_every_file(
    tmp_path: Path, sizes: list[int], text: str, name: str
) -> None:
    paths = written(tmp_path, sizes)
    images = [{"image_url": DataUrl(path, "image/png")} for path in paths]
    body = JsonBody({"prompt": text, "n": 2, "stream": True, "images": images, "x": {name: (None, 1.5)}})
    sent = await read(body)
    assert len(sent) == body.length
    document = json.loads(sent)
    assert (document["prompt"], document["n"], document["stream"]) == (clean(text), 2, True)
    assert document["x"] == {clean(name): [None, 1.5]}
    for path, image in zip(paths, document["images"], strict=True):
        head, _, data = image["image_url"].partition(",")
        assert head == "data:image/png;base64"
        assert data == base64.b64encode(path.read_bytes()).decode()


@several
@given(sizes=st.lists(SIZES, max_size=3), text=TEXTS)
async def test_a_form_is_as_long_as_it_says_and_carries_every_file(tmp_path: Path, sizes: list[int], text: str) -> None:
    paths = written(tmp_path, sizes)
    files = [FilePart("image[]", f"image-{number}.png", path, "image/png") for number, path in enumerate(paths)]
    body = FormBody({"prompt": text, "n": 2, "stream": True}, files)
    sent = await read(body)
    assert len(sent) == body.length
    parts = sent.split(b"--" + body.content_type.partition("boundary=")[2].encode())
    assert (parts[0], parts[-1]) == (b"", b"--\r\n")
    contents = [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts[1:-1]]
    assert contents[:3] == [text.encode(errors="replace"), b"2", b"true"]
    assert contents[3:] == [path.read_bytes() for path in paths]


async def test_the_parts_of_a_form_say_what_they_are(tmp_path: Path) -> None:
    (path,) = written(tmp_path, [5])
    body = FormBody({"prompt": "fox"}, [FilePart("mask", "mask.png", path, "image/png")])
    head = f"Content-Type: {body.content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + await read(body), policy=email.policy.HTTP)
    prompt, mask = message.iter_parts()
    assert (prompt.get_content_disposition(), prompt["Content-Disposition"].params["name"]) == ("form-data", "prompt")
    assert dict(mask["Content-Disposition"].params) == {"name": "mask", "filename": "mask.png"}
    assert mask.get_content_type() == "image/png"


@pytest.mark.parametrize("kind", ["json", "form"])
async def test_a_file_that_is_not_there_is_an_error_before_anything_is_sent(tmp_path: Path, kind: str) -> None:
    with pytest.raises(FileNotFoundError):
        _body(kind, tmp_path / "gone.png")


@pytest.mark.parametrize("kind", ["json", "form"])
@pytest.mark.parametrize("left", [None, 0, 1, PIECE, 2 * PIECE - 1])
async def test_a_file_that_shrinks_or_goes_while_it_is_sent_is_an_error(
    tmp_path: Path, kind: str, left: int | None
) -> None:
    (path,) = written(tmp_path, [2 * PIECE])
    body = _body(kind, path)
    if left is None:
        path.unlink()
    else:
        path.write_bytes(bytes(left))
    with pytest.raises(UnreadableError):
        await read(body)


@pytest.mark.parametrize("kind", ["json", "form"])
async def test_a_file_that_grows_while_it_is_sent_is_sent_as_long_as_announced(tmp_path: Path, kind: str) -> None:
    (path,) = written(tmp_path, [2 * PIECE])
    body = _body(kind, path)
    with path.open("ab") as file:
        file.write(b"more")
    assert len(await read(body)) == body.length


def test_pieces_of_base64_join_without_padding() -> None:
    assert upload.PIECE % 3 == 0


def _body(kind: str, path: Path) -> Body:
    if kind == "json":
        return JsonBody({"image": DataUrl(path, "image/png")})
    return FormBody({}, [FilePart("image", "image-1.png", path, "image/png")])


# ── Through the provider ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("edits", ["image[]", "json"])
@pytest.mark.parametrize("how", ["goes", "shrinks"])
async def test_a_picture_lost_while_it_is_sent_cannot_have_been_billed(
    ask: Ask, tmp_path: Path, edits: str, how: str
) -> None:
    first, second = (photo(tmp_path, (64, 64), (shade, 0, 0)) for shade in (10, 200))
    with first.path.open("ab") as file:
        file.truncate(15_000_000)  # so that the second is not read before the service reads
    seen: list[int] = []
    hung_up = asyncio.Event()

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        second.path.unlink() if how == "goes" else second.path.write_bytes(b"short")
        while data := await reader.read(1_000_000):
            seen.append(len(data))
        writer.close()
        hung_up.set()

    async with await asyncio.start_server(met, "127.0.0.1", 0) as listening:
        address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        async with opened(gateway(address, edits=edits), patience=10) as provider:
            error = await failure(provider, ask(images=(first, second)))
            assert provider.services[0].pace.ahead == 0
            async with asyncio.timeout(5):
                await hung_up.wait()
    assert (type(error), str(error)) == (ProviderProblem, "A picture this needs could not be read. Send it again.")
    assert sum(seen) >= 15_000_000
    assert unfinished(tmp_path) == []


async def test_a_picture_that_is_gone_before_it_is_sent_is_said(server: OpenAIServer, ask: Ask, tmp_path: Path) -> None:
    async with opened(gateway(server)) as provider:
        error = await failure(provider, ask(images=(InputImage(tmp_path / "gone.png", "image/png"),)))
    assert (type(error), server.requests) == (ProviderProblem, [])


@pytest.mark.parametrize("edits", ["image[]", "image", "json"])
async def test_awkward_words_and_bytes_arrive_as_they_were_sent(
    server: OpenAIServer, ask: Ask, tmp_path: Path, edits: str
) -> None:
    image = photo(tmp_path, (64, 64))
    with image.path.open("ab") as file:
        file.write(bytes(2 * PIECE - image.path.stat().st_size + 1))
    prompt = 'a "fox"\r\n--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nother 🦊'
    server.picture = small_png()
    async with opened(gateway(server, edits=edits)) as provider:
        await answer(provider, ask(prompt, images=(image,)))
    (request,) = server.requests
    assert (request.fields["prompt"], request.fields["model"]) == (prompt, "gpt-image-2")
    assert request.files[0].data == image.path.read_bytes()


async def test_half_a_character_in_the_words_does_not_stop_the_picture(server: OpenAIServer, ask: Ask) -> None:
    server.picture = small_png()
    async with opened(gateway(server)) as provider:
        await answer(provider, ask("a fox \ud83e"))
    assert server.requests[0].fields["prompt"] == "a fox ?"
