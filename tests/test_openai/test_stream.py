"""Taking pictures out of an answer, however it is cut into pieces and whatever a gateway puts in it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from adapters.openai import files, stream
from adapters.openai.answer import BadAnswerError, Documents, usage
from adapters.openai.files import PictureFile, TooLargeError, suffix_of
from adapters.openai.stream import Sieve
from bot.models import Usage


def encoded(kind: str = "png", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(out, kind)
    return out.getvalue()


PNG = encoded()
TEXT = base64.b64encode(PNG).decode()


def sift(folder: Path, answer: bytes, piece: int) -> tuple[bytes, list[tuple[str, bytes]]]:
    """What is left of the text (marks as «n») and the pictures: suffix and bytes."""
    with Sieve(folder) as sieve:
        rest = b"".join(sieve.feed(answer[start : start + piece]) for start in range(0, len(answer), piece))
        rest += sieve.rest()
        pictures = []
        for number, (mark, picture) in enumerate(sieve.pictures.items(), start=1):
            rest = rest.replace(mark.encode(), f"«{number}»".encode())
            assert hashlib.sha256(picture.path.read_bytes()).hexdigest() == picture.sha256
            pictures.append((picture.suffix, picture.path.read_bytes()))
    assert list(folder.iterdir()) == []
    return rest, pictures


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 7, 64, 1000, 10**6])
@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (f'{{"data":[{{"b64_json":"{TEXT}"}}],"size":"1"}}', '{"data":[{"b64_json":"«1»"}],"size":"1"}'),
        (f'{{"b64_json" :\n "{TEXT}"}}', '{"b64_json" :\n "«1»"}'),
        (f'data: {{"b64_json":"{TEXT}"}}\n\n', 'data: {"b64_json":"«1»"}\n\n'),
        (f'{{"b64_json":"data:image/png;base64,{TEXT}"}}', '{"b64_json":"«1»"}'),
        (f'{{"url":"data:image\\/png;base64,{TEXT}"}}', '{"url":"«1»"}'),
        (json.dumps({"b64_json": TEXT}).replace("/", "\\/").replace("+", "\\u002b"), '{"b64_json": "«1»"}'),
        (f'{{"b64_json":"{TEXT[:76]}\\r\\n{TEXT[76:]}\\n"}}', '{"b64_json":"«1»"}'),
        (f'{{"b64_json":"{TEXT.rstrip("=")}"}}', '{"b64_json":"«1»"}'),
        (f'{{"b64_json":"","url":null}}{{"b64_json":"{TEXT}"}}', '{"b64_json":"","url":null}{"b64_json":"«1»"}'),
        (
            f'{{"b64_json":null,"a":"b64_json","b64_json":"{TEXT}"}}',
            '{"b64_json":null,"a":"b64_json","b64_json":"«1»"}',
        ),
    ],
)
def test_a_picture_is_found_however_it_is_written_and_cut(tmp_path: Path, answer: str, left: str, piece: int) -> None:
    assert sift(tmp_path, answer.encode(), piece) == (left.encode(), [(".png", PNG)])


@pytest.mark.parametrize("piece", [1, 9, 4096])
def test_two_pictures_keep_their_order(tmp_path: Path, piece: int) -> None:
    jpeg = encoded("jpeg")
    answer = json.dumps({"data": [{"b64_json": TEXT}, {"b64_json": base64.b64encode(jpeg).decode()}]})
    assert sift(tmp_path, answer.encode(), piece)[1] == [(".png", PNG), (".jpg", jpeg)]


@pytest.mark.parametrize("piece", [1, 4096])
@pytest.mark.parametrize(
    "text",
    [TEXT[:200], TEXT[:-8], TEXT[:401], TEXT[:100] + "*" + TEXT[100:], "QQ==" + TEXT, "====", "a", "data:image/png"],
)
def test_damaged_base64_is_no_picture_and_does_not_hide_the_next(tmp_path: Path, text: str, piece: int) -> None:
    answer = f'{{"data":[{{"b64_json":"{text}"}},{{"b64_json":"{TEXT}"}}]}}'
    _, pictures = sift(tmp_path, answer.encode(), piece)
    assert [suffix for suffix, _ in pictures] == ["", ".png"]
    assert pictures[1][1] == PNG


def test_words_that_look_like_a_picture_stay_words(tmp_path: Path) -> None:
    answer = json.dumps({"revised_prompt": f'say "b64_json":"{TEXT}" and "url":"data:,x"'}).encode()
    assert sift(tmp_path, answer, 10) == (answer, [])


def test_nothing_is_held_back_that_cannot_begin_a_picture(tmp_path: Path) -> None:
    with Sieve(tmp_path) as sieve:
        event = b'data: {"type":"keepalive","url":"https://x/","b64_json":null}\n\n'
        assert sieve.feed(event) == event


def test_an_unfinished_picture_is_deleted(tmp_path: Path) -> None:
    with Sieve(tmp_path) as sieve:
        sieve.feed(f'{{"b64_json":"{TEXT[:500]}'.encode())
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_answer_cannot_bring_any_number_of_pictures(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError), Sieve(tmp_path) as sieve:
        for _ in range(100):
            sieve.feed(f'{{"b64_json":"{TEXT}"}}'.encode())
    assert list(tmp_path.iterdir()) == []


def test_a_picture_cannot_have_any_number_of_bytes(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError), PictureFile(tmp_path) as file:
        for _ in range(files.MAX_BYTES // 2**20 + 1):
            file.write(bytes(2**20))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "suffix"), [("png", ".png"), ("jpeg", ".jpg"), ("webp", ".webp"), ("gif", ".gif")])
def test_a_picture_is_known_by_its_bytes_and_only_when_it_is_whole(kind: str, suffix: str) -> None:
    data = encoded(kind)
    assert suffix_of(data[:1024], data[-1024:], len(data)) == suffix
    cut = data[:-20]
    assert suffix_of(cut[:1024], cut[-1024:], len(cut)) == ""


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from([b'"b64_json":"', b'"url":"data:,', b"data: ", b"\n\n", b'{"', b'"}', TEXT.encode()]),
        ),
        max_size=12,
    ),
    st.integers(1, 50),
)
def test_no_answer_breaks_the_reader_in_a_way_it_does_not_expect(parts: list[bytes], piece: int) -> None:
    answer = b"".join(parts)
    with tempfile.TemporaryDirectory() as folder, Sieve(Path(folder)) as sieve:
        documents = Documents()
        try:
            for start in range(0, len(answer), piece):
                list(documents.feed(sieve.feed(answer[start : start + piece])))
            list(documents.feed(sieve.rest()))
            list(documents.end())
        except (BadAnswerError, TooLargeError):
            pass
        assert len(sieve.pictures) <= stream._MOST


# ── The text that is left ───────────────────────────────────────────────────────────────────────────────────────────


def read(pieces: Iterable[bytes]) -> list[dict[str, object]]:
    documents = Documents()
    found = [document for piece in pieces for document in documents.feed(piece)]
    return [*found, *documents.end()]


@pytest.mark.parametrize(
    "text",
    [
        b'event: a\ndata: {"n":1}\n\nevent: b\ndata: {"n":2}\n\n',
        b'data: {"n":1}\r\n\r\ndata: {"n":2}\r\n\r\n',
        b': hello\n\ndata:{"n":1}\n\nid: 7\nretry: 5\ndata:{"n":2}',
        b'\xef\xbb\xbfdata: {"n":1}\n\ndata: {"n":2}\n\ndata: [DONE]\n\n',
        b'data: {"n":\ndata: 1}\n\ndata: {"n":2}\n\n',
        b'data: ping\n\ndata: {"n":1}\n\ndata: [1]\n\ndata: {"n":2}\n\ndata: {\n\n',
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_events_are_read_however_they_are_written(text: bytes, piece: int) -> None:
    assert read(text[start : start + piece] for start in range(0, len(text), piece)) == [{"n": 1}, {"n": 2}]


def test_an_event_is_there_as_soon_as_its_empty_line_is() -> None:
    assert list(Documents().feed(b'data: {"n":1}\n\n')) == [{"n": 1}]


@pytest.mark.parametrize(
    "text", [b"", b"  ", b"<html>", b"upstream error", b"[1]", b'{"n":1', b"[" * 100_000, b"\xff\xfe"]
)
def test_an_answer_that_is_no_object_is_a_bad_answer(text: bytes) -> None:
    with pytest.raises(BadAnswerError):
        read([text])


@pytest.mark.parametrize("start", [b"{", b"data: {"])
def test_text_beside_the_pictures_is_bounded(start: bytes) -> None:
    with pytest.raises(BadAnswerError):
        read([start, *[b" " * 2**16] * 20])


@pytest.mark.parametrize(
    ("reported", "is_edit", "expected"),
    [
        (None, False, None),
        ({}, False, None),
        ({"input_tokens": 5, "output_tokens": 0}, False, None),
        ({"input_tokens": 5, "output_tokens": 7}, False, Usage(5, 0, 7, 0)),
        ({"input_tokens": 5, "output_tokens": 7}, True, Usage(0, 5, 7, 0)),
        ({"input_tokens": 5, "input_tokens_details": {"text_tokens": 2, "image_tokens": 3}, "output_tokens": 7,
          "output_tokens_details": {"text_tokens": 1, "image_tokens": 6}}, True, Usage(2, 3, 6, 1)),
        ({"output_tokens": 7, "output_tokens_details": None}, False, Usage(0, 0, 7, 0)),
        ({"output_tokens": 7, "output_tokens_details": {"image_tokens": None}}, False, Usage(0, 0, 7, 0)),
        ({"output_tokens": "many", "input_tokens": -3}, False, None),
        ({"output_tokens": 1e300}, False, None),
        ({"output_tokens": True}, False, None),
        ([1], False, None),
    ],
)  # fmt: skip
def test_usage_is_taken_as_reported_or_not_at_all(reported: object, is_edit: bool, expected: Usage | None) -> None:
    assert usage(reported, is_edit=is_edit) == expected
