"""A recorder: every model with every ability it has, what of it goes over the wire, and that a picture comes back.

What may be sent is written down here from OpenAI's documentation, and from nothing of ours.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from adapters.openai import OpenAIProvider
from bot.catalog import Catalog
from bot.errors import BadOption
from bot.options import decide
from bot.ports import Drawn, ImageRequest, InputImage
from tests.contracts.provider import answer
from tests.fakes.openai_server import OpenAIServer, Recorded
from tests.test_openai.conftest import KEY

PROMPT = "a red fox in the snow"
KINDS = ("png", "jpeg", "webp")
SUFFIXES = {"png": "png", "jpeg": "jpg", "webp": "webp"}
SIDES = (96, 64)  # pixels of the pictures to be edited: their size is not the point

# ── What the documentation allows ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Facts:
    """What the models of one generation take. `sizes` are all there are, or some of any; `small` is quickly drawn."""

    models: tuple[str, ...]
    qualities: tuple[str, ...]
    sizes: tuple[str, ...]
    small: str
    refused_sizes: tuple[str, ...]
    transparent: bool = True
    fidelities: tuple[str, ...] = ()
    complexities: tuple[str, ...] = ()
    markup: bool = False


_THREE, _FIVE = ("low", "medium", "high"), ("low", "medium", "high", "xhigh", "max")
_FIXED = ("1024x1024", "1536x1024", "1024x1536")
_FREE = ("816x816", "1536x1024", "3840x2160", "1280x720")  # among them the smallest square, and the largest of all
_BEYOND = ("1920x1080", "512x512", "800x800", "4096x2160", "2896x2896", "3072x1008")
_OLD = Facts(("gpt-image-1.5", "chatgpt-image-latest"), _THREE, _FIXED, "1024x1024", ("1280x720", "3840x2160"),
             fidelities=("low", "high"))  # fmt: skip
_FIRST_2 = Facts(("gpt-image-2", "gpt-image-2-2026-04-21"), _THREE, _FREE, "1024x640", _BEYOND, transparent=False)
_SUNBURSTS = ("gpt-image-2.5-sunburst", "gpt-image-2.5-flare",
              "gpt-image-2.5-sunburst-2026-09-08", "gpt-image-2.5-flare-2026-09-08")  # fmt: skip
GENERATIONS = (
    _OLD,
    replace(_OLD, models=("gpt-image-1-mini",), fidelities=("low",)),
    _FIRST_2,
    replace(_FIRST_2, models=_SUNBURSTS, qualities=_FIVE, transparent=True, markup=True),
    replace(_FIRST_2, models=("gpt-image-2.6-sunburst", "gpt-image-2.6-flare"), qualities=_FIVE, transparent=True,
            complexities=("low", "medium", "high")),
)  # fmt: skip
EVERYWHERE = frozenset({
    "prompt", "model", "n", "size", "quality", "background", "output_format", "output_compression", "moderation",
    "stream", "partial_images", "safety_identifier",
})  # fmt: skip


def may_appear(facts: Facts, path: str) -> Collection[str]:
    """The parameters, and fields of files, that an endpoint takes for these models."""
    allowed = EVERYWHERE | ({"complexity"} if facts.complexities else set())
    if path == "/v1/images/generations":
        return allowed
    assert path == "/v1/images/edits"
    edits = {
        "image[]",
        "mask",
        *(["input_fidelity"] if facts.fidelities else []),
        *(["markup"] if facts.markup else []),
    }
    return allowed | edits


# ── What a person asks for ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Ability:
    """A wish and what it puts into the request, beside prompt, model and `DEFAULTS` (None: takes that out)."""

    name: str
    flags: Mapping[str, str] = field(default_factory=dict)
    sent: Mapping[str, object] = field(default_factory=dict)
    images: int = 0
    overlay: str = ""
    previews: int = 0
    user_key: str = ""
    moderation: str = "auto"
    posts: int = 1


DEFAULTS = {"size": "1024x1024", "quality": "medium"}


def abilities(facts: Facts) -> Iterator[Ability]:
    """All that these models can do."""
    yield Ability("plain")
    yield from _sized(facts)
    yield from (_small(facts, one) for one in (*_styled(facts), *_several(), *_edits(facts)))


def _small(facts: Facts, ability: Ability) -> Ability:
    return replace(ability, flags={"size": facts.small, **ability.flags}, sent={"size": facts.small, **ability.sent})


def _sized(facts: Facts) -> Iterator[Ability]:
    for size in facts.sizes:
        yield Ability(size, {"size": size}, {"size": size})
    yield Ability("auto size", {"size": "auto"}, {"size": None})


def _styled(facts: Facts) -> Iterator[Ability]:
    for quality in facts.qualities:
        yield Ability(f"quality {quality}", {"quality": quality}, {"quality": quality})
    yield Ability("auto quality", {"quality": "auto"}, {"quality": None})
    yield Ability("png", {"format": "png", "compression": "50"})
    for kind, compression in (("jpeg", "0"), ("jpeg", "100"), ("webp", "80")):
        sent = {"output_format": kind, "output_compression": int(compression)}
        yield Ability(f"{kind} at {compression}", {"format": kind, "compression": compression}, sent)
    yield Ability("webp", {"format": "webp"}, {"output_format": "webp"})
    yield Ability("opaque", {"background": "opaque"}, {"background": "opaque"})
    if facts.transparent:
        yield Ability("transparent", {"background": "transparent"}, {"background": "transparent"})
        both = {"background": "transparent", "output_format": "webp"}
        yield Ability("transparent webp", {"background": "transparent", "format": "webp"}, both)
    for complexity in facts.complexities:
        yield Ability(f"complexity {complexity}", {"complexity": complexity}, {"complexity": complexity})
    for fidelity in facts.fidelities:
        yield Ability(f"fidelity {fidelity}", {"fidelity": fidelity})


def _several() -> Iterator[Ability]:
    yield Ability("moderation low", sent={"moderation": "low"}, moderation="low")
    yield Ability("user key", sent={"safety_identifier": "h4sh"}, user_key="h4sh")
    yield Ability("two", {"n": "2"}, {"n": 2})
    for previews in (1, 2, 3):
        yield Ability(f"previews {previews}", sent={"stream": True, "partial_images": previews}, previews=previews)
    streamed = {"stream": True, "partial_images": 2}
    yield Ability("two with previews", {"n": "2"}, streamed, previews=2, posts=2)


def _edits(facts: Facts) -> Iterator[Ability]:
    yield Ability("edit", images=1)
    yield Ability("edit of 16", images=16)
    yield Ability("edit with a mask", images=2, overlay="mask")
    if facts.markup:
        yield Ability("edit with a markup", images=2, overlay="markup")
    for one in (*_styled(facts), *_several()):
        yield replace(one, name=f"edit, {one.name}", images=1, sent={**one.sent, **_fidelity(one.flags)})


def _fidelity(flags: Mapping[str, str]) -> Mapping[str, str]:
    return {"input_fidelity": flags["fidelity"]} if "fidelity" in flags else {}


CASES = [
    pytest.param(facts, model, ability, id=f"{model}: {ability.name}")
    for facts in GENERATIONS
    for model in facts.models
    for ability in abilities(facts)
]


@dataclass(frozen=True, slots=True)
class Post:
    """What came in; of each file its field, name, type and bytes."""

    path: str
    content_type: str
    fields: Mapping[str, object]
    files: tuple[tuple[str, str, str, bytes], ...] = ()


# ── Recording ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer(strict=True) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider(server: OpenAIServer) -> AsyncIterator[OpenAIProvider]:
    provider = OpenAIProvider(api_key=KEY, base_url=server.base_url, timeout=20)
    yield provider
    await provider.close()


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 16 pictures of three kinds, a mask and a markup."""
    folder = tmp_path_factory.mktemp("album")
    for number, kind in zip(range(1, 17), itertools.cycle(KINDS)):
        Image.new("RGB", SIDES, (number * 15, 90, 120)).save(folder / f"{number}.{SUFFIXES[kind]}", kind)
    for name in ("mask", "markup"):
        overlay = Image.new("RGBA", SIDES, (255, 0, 0, 255))
        overlay.paste((0, 0, 0, 0), (0, 0, 40, 40))
        overlay.save(folder / f"{name}.png")
    return folder


def inputs(album: Path, count: int) -> tuple[InputImage, ...]:
    """The first pictures of the album, under a person's own names."""
    kinds = zip(range(1, count + 1), itertools.cycle(KINDS))
    return tuple(
        InputImage(album / f"{number}.{SUFFIXES[kind]}", f"image/{kind}", f"Alice {number}") for number, kind in kinds
    )


def request_for(model: str, ability: Ability, album: Path, folder: Path) -> ImageRequest:
    chosen = Catalog.load().model(model)
    options = decide(ability.flags, chosen, base=None, moderation=ability.moderation).options
    mask, markup = (album / f"{name}.png" if ability.overlay == name else None for name in ("mask", "markup"))
    images = inputs(album, ability.images)
    return ImageRequest(
        PROMPT, options, folder, images, mask, ability.user_key, ability.previews, words=PROMPT, markup=markup
    )


def expected(model: str, ability: Ability, album: Path) -> Post:
    """The whole request as it must come in; a form has only texts."""
    given: dict[str, object] = {"prompt": PROMPT, "model": model, **DEFAULTS, **ability.sent}
    fields = {name: value for name, value in given.items() if value is not None}
    if not ability.images:
        return Post("/v1/images/generations", "application/json", fields)
    texts = {name: "true" if value is True else str(value) for name, value in fields.items()}
    files = [("image[]", f"image-{number}{image.path.suffix}", image.media_type, image.path.read_bytes())
             for number, image in enumerate(inputs(album, ability.images), start=1)]  # fmt: skip
    if name := ability.overlay:
        files.append((name, f"{name}.png", "image/png", (album / f"{name}.png").read_bytes()))
    return Post("/v1/images/edits", "multipart/form-data", texts, tuple(files))


def recorded(request: Recorded) -> Post:
    files = tuple((file.field_name, file.name, file.content_type, file.data) for file in request.files)
    return Post(request.path, request.content_type, request.fields, files)


def shape(drawn: Drawn) -> tuple[str, str]:
    """Size and format of a picture on disk, which is whole."""
    assert drawn.path.stat().st_size == drawn.bytes
    with Image.open(drawn.path) as image:
        image.verify()
        return f"{image.width}x{image.height}", str(image.format).lower()


# ── Tests ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_facts_speak_of_every_model_of_the_catalogue() -> None:
    spoken_of = [model for facts in GENERATIONS for model in facts.models]
    assert sorted(spoken_of) == sorted(Catalog.load().names("openai"))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("facts", "model", "ability"), CASES)
async def test_exactly_what_was_asked_for_is_sent_and_the_picture_arrives(
    server: OpenAIServer, provider: OpenAIProvider, album: Path, tmp_path: Path,
    facts: Facts, model: str, ability: Ability,
) -> None:  # fmt: skip
    server.requests.clear()
    got = await answer(provider, request_for(model, ability, album, tmp_path))
    posts = [recorded(request) for request in server.requests]
    assert posts == [expected(model, ability, album)] * ability.posts
    for post in posts:
        assert {*post.fields, *(name for name, *_ in post.files)} <= set(may_appear(facts, post.path))
    size = ability.sent.get("size", DEFAULTS["size"]) or "1024x1024"
    kind = ability.sent.get("output_format", "png")
    assert [shape(drawn) for drawn in got.result.images] == [(size, kind)] * int(ability.flags.get("n", "1"))
    assert len(got.previews) == ability.previews * ability.posts
    assert got.result.missing == got.result.notes == got.result.for_admin == ()


def lacking(facts: Facts) -> Iterator[Mapping[str, str]]:
    """What these models must not be asked for."""
    yield from ({"size": size} for size in facts.refused_sizes)
    yield from ({"quality": quality} for quality in (*_FIVE, "hd", "standard") if quality not in facts.qualities)
    yield from ({"fidelity": one} for one in ("low", "high") if one not in facts.fidelities)
    yield from ({"complexity": one} for one in ("low", "medium", "high") if one not in facts.complexities)
    yield {"background": "transparent", **({"format": "jpeg"} if facts.transparent else {})}
    yield from ({"format": kind} for kind in ("gif", "svg"))  # for some by invitation, and not built
    yield from ({"n": n} for n in ("0", "11"))
    yield from ({"format": "webp", "compression": compression} for compression in ("-1", "101"))


FORBIDDEN = [
    pytest.param(model, flags, id=f"{model}: {' '.join(flags.values())}")
    for facts in GENERATIONS
    for model in facts.models
    for flags in lacking(facts)
]


@pytest.mark.parametrize(("model", "flags"), FORBIDDEN)
def test_what_a_model_does_not_take_is_refused_before_anything_is_sent(model: str, flags: Mapping[str, str]) -> None:
    with pytest.raises(BadOption):
        decide(flags, Catalog.load().model(model), base=None, moderation="auto")


def test_only_the_generation_of_2_5_may_be_sent_a_markup() -> None:
    markups = {model for facts in GENERATIONS if facts.markup for model in facts.models}
    assert {name for name in Catalog.load().names("openai") if Catalog.load().model(name).markup} == markups
