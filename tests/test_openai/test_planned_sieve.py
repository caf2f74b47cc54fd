"""Taking pictures out of plans and chats: however the bytes are cut, the same pictures and the same words come out."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from adapters.openai import OpenAIProvider
from adapters.openai.stream import CHAT, IMAGES, RESPONSES, Keys, Sieve
from bot.config import Gateway
from bot.models import Options
from bot.ports import ImageRequest
from tests.contracts.provider import answer as answered
from tests.test_openai.conftest import KEY
from tests.test_openai.test_planned_hostile import Stage
from tests.test_openai.test_stream import PNG, TEXT

SHORT = TEXT[:40]


def sift(keys: Keys, pieces: Sequence[bytes]) -> tuple[bytes, list[tuple[str, bytes]]]:
    """What is left of the text (marks as «n») and the pictures: suffix, and bytes where it is whole."""
    with tempfile.TemporaryDirectory() as folder, Sieve(Path(folder), keys) as sieve:
        rest = b"".join(map(sieve.feed, pieces)) + sieve.rest()
        pictures = []
        for number, (mark, picture) in enumerate(sieve.pictures.items(), start=1):
            rest = rest.replace(mark.encode(), f"«{number}»".encode())
            pictures.append((picture.suffix, picture.path.read_bytes() if picture.suffix else b""))
    return rest, pictures


def cut(answer: bytes, places: Sequence[int]) -> list[bytes]:
    at = [0, *sorted(place % (len(answer) + 1) for place in places), len(answer)]
    return [answer[start:end] for start, end in itertools.pairwise(at)]


PARTS = [
    '"result":"', '"result" : "', '"partial_image_b64":"', '"b64_json":"', '"image_url":"data:image/png;base64,',
    '"url":"data:image/png;base64,', "![a](data:image/png;base64,", "data:image\\/jpeg;base64,", TEXT, SHORT, '"', ")",
    "\\", '\\"', "\\\\", "\\n", "\\u002B", "\\/", ", ", "{", "}", "=", "==", "\n\n", "data: ", '"result', ":", "words ",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([IMAGES, RESPONSES, CHAT]),
    st.lists(st.sampled_from(PARTS), max_size=14).map("".join),
    st.lists(st.integers(0, 10_000), max_size=12),
)
@example(RESPONSES, '{"x\\"result":"' + SHORT + '"}', [4])
@example(RESPONSES, '{"result":"he said \\"no\\" to it","b":1}', [19])
@example(CHAT, "data:image\\/png;base64," + TEXT + '\\n"', [11, 12])
def test_where_the_bytes_are_cut_makes_no_difference(keys: Keys, answer: str, places: list[int]) -> None:
    whole = sift(keys, [answer.encode()])
    assert sift(keys, cut(answer.encode(), places)) == whole
    assert sift(keys, [bytes([byte]) for byte in answer.encode()]) == whole


# ── Plans ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("piece", [1, 7, 10**6])
@pytest.mark.parametrize(
    "words", ["done", 'He said "no" twice.', 'a \\ b "c" \\', "line\nline", "ünï “quoted”", "x" * 300, "QUJD" * 100]
)
def test_a_result_in_words_breaks_neither_the_answer_nor_the_picture_behind_it(words: str, piece: int) -> None:
    answer = json.dumps({"a": [{"result": words, "n": 1}, {"result": TEXT, "n": 2}]}, ensure_ascii=False).encode()
    rest, pictures = sift(RESPONSES, [answer[start : start + piece] for start in range(0, len(answer), piece)])
    document = json.loads(rest)
    assert [one["n"] for one in document["a"]] == [1, 2]
    assert document["a"][1]["result"] == "«2»"
    assert pictures == [("", b""), (".png", PNG)]


def test_no_result_stays_no_result() -> None:
    answer = b'{"a":{"result":null},"b":{"result":{"c":1}},"c":{"result":""},"d":"result"}'
    assert sift(RESPONSES, [answer]) == (answer, [])


def test_a_preview_and_a_picture_are_found_side_by_side() -> None:
    answer = f'{{"partial_image_b64":"{TEXT}","item":{{"result":"{TEXT}"}}}}'.encode()
    assert sift(RESPONSES, [answer]) == (
        '{"partial_image_b64":"«1»","item":{"result":"«2»"}}'.encode(),
        [(".png", PNG), (".png", PNG)],
    )


def test_a_plan_that_talks_about_its_keys_is_left_alone() -> None:
    answer = json.dumps({"text": f'The "result": "{TEXT}" is in "partial_image_b64":"x"'}).encode()
    assert sift(RESPONSES, [answer]) == (answer, [])


def test_the_key_of_one_api_means_nothing_in_another() -> None:
    for keys, name in ((IMAGES, "result"), (CHAT, "result"), (RESPONSES, "b64_json")):
        answer = f'{{"{name}":"{SHORT}"}}'.encode()
        assert sift(keys, [answer]) == (answer, [])


# ── Chats ────────────────────────────────────────────────────────────────────────────────────────────────────────────


URL = f"data:image/png;base64,{TEXT}"


@pytest.mark.parametrize("piece", [1, 5, 10**6])
@pytest.mark.parametrize(
    ("words", "left"),
    [
        (f"![a fox]({URL})", "![a fox](«1»)"),
        (f"Here: ![a fox]({URL}) Enjoy (it)!", "Here: ![a fox](«1») Enjoy (it)!"),
        (f'![a fox]({URL} "a title")', '![a fox](«1» "a title")'),
        (f'<img src="{URL}" alt="x">', '<img src="«1»" alt="x">'),
        (f"<img src='{URL}'>", "<img src='«1»'>"),
        (f"<{URL}>", "<«1»>"),
        (f"Here it is: {URL}\n\nEnjoy!", "Here it is: «1»\n\nEnjoy!"),
        (URL, "«1»"),
    ],
)
def test_words_around_a_picture_are_kept(words: str, left: str, piece: int) -> None:
    for answer in (json.dumps({"content": words}), json.dumps({"content": words}).replace("/", "\\/")):
        data = answer.encode()
        rest, pictures = sift(CHAT, [data[start : start + piece] for start in range(0, len(data), piece)])
        assert json.loads(rest) == {"content": left}
        assert pictures == [(".png", PNG)]


def test_several_pictures_in_one_message_are_several() -> None:
    words = f"One ![1]({URL}), two ![2]({URL}) and [a link](https://example.org/)."
    rest, pictures = sift(CHAT, [json.dumps({"content": words}).encode()])
    assert json.loads(rest) == {"content": "One ![1](«1»), two ![2](«2») and [a link](https://example.org/)."}
    assert pictures == [(".png", PNG)] * 2


def test_base64_of_a_chat_may_be_broken_into_lines() -> None:
    answer = json.dumps({"b64_json": f"{TEXT[:76]}\n{TEXT[76:]}\r\n"}).encode()
    assert sift(CHAT, [answer]) == ('{"b64_json": "«1»"}'.encode(), [(".png", PNG)])


async def test_a_picture_in_a_tag_amid_the_words_is_delivered(tmp_path: Path) -> None:
    async with Stage().open() as stage:
        stage.events = [{"choices": [{"message": {"content": f'<p>Here!</p><img src="{URL}" alt="a fox">'}}]}]
        gateway = Gateway(base_url=f"{stage.url}/v1", key=SecretStr(KEY), api="chat")
        provider = OpenAIProvider(gateways=[gateway], timeout=20)
        result = (await answered(provider, ImageRequest("a fox", Options("gpt-image-2"), tmp_path))).result
        await provider.close()
    assert [one.path.read_bytes() for one in result.images] == [PNG]
    assert list(tmp_path.iterdir()) == [result.images[0].path]
