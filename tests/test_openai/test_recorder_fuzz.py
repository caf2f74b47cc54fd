"""Whatever is asked for, in whatever words: either a clear no, or a request that the service's own rules accept."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from adapters.openai import OpenAIProvider, wire
from bot.catalog import Catalog
from bot.config import Gateway
from bot.errors import BadAttachment, BadInput, BadOption
from bot.models import Options
from bot.options import ALIASES, IGNORED, KNOWN, decide
from bot.ports import ImageRequest, InputImage
from bot.sizes import SizeRule
from bot.studio import submit
from tests.fakes.openai_server.dialect import Dialect
from tests.fakes.openai_server.faults import ApiError
from tests.fakes.openai_server.orders import Order, order_of
from tests.fakes.openai_server.recorded import Recorded, record
from tests.fakes.openai_server.rules import is_known
from tests.fakes.openai_server.think_orders import thought_of

CATALOG = Catalog.load()
SIDES = (48, 32)  # pixels of the pictures to be edited
fuzz = settings(max_examples=150, deadline=None, derandomize=True)

# ── What people may ask for ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything a request is made of; `pictures` are how many of the album's, `overlays` what lies over the first."""

    model: str
    flags: Mapping[str, str]
    prompt: str
    base: Options | None = None
    moderation: str = "auto"
    pictures: int = 0
    overlays: tuple[str, ...] = ()
    previews: int = 0
    user_key: str = ""


_edges = st.integers(1, 260).map(lambda number: number * 16) | st.integers(0, 99_999)
_pixels = st.builds("{}{}{}".format, _edges, st.sampled_from(["x", "×", " x ", "X"]), _edges)
_ratios = st.builds("{}{}{}".format, st.integers(0, 60), st.sampled_from([":", "/", "x"]), st.integers(0, 60))
_junk = st.text(max_size=12) | st.sampled_from(
    ["", "0", "-1", "1e3", "²", "٣", "99999999999", "NaN", "none", "１０２４x１０２４", "K", "AUTO", "gif", "svg", "hd"]
)  # fmt: skip
_values: Mapping[str, st.SearchStrategy[str]] = {
    "ar": _ratios,
    "size": _pixels | st.sampled_from(["1k", "2K", "4k", "square", "portrait", "landscape", "auto"]),
    "quality": st.sampled_from(["low", "Medium", "high", "xhigh", "max", "auto"]),
    "n": st.integers(0, 12).map(str),
    "format": st.sampled_from(["png", "jpeg", "JPG", "webp"]),
    "compression": st.integers(-1, 101).map(str),
    "background": st.sampled_from(["auto", "opaque", "Transparent"]),
    "fidelity": st.sampled_from(["low", "high"]),
    "complexity": st.sampled_from(["low", "medium", "high"]),
    "think": st.sampled_from(["low", "medium", "High"]),
    "web": st.sampled_from(["", "on", "off"]),
    "no": st.text(max_size=20),
}
_likely = st.lists(st.one_of([st.tuples(st.just(flag), value) for flag, value in _values.items()]), max_size=3).map(
    dict
)
_wild = st.dictionaries(
    st.sampled_from([*KNOWN, *ALIASES, *IGNORED]) | st.text(max_size=8),
    st.one_of(_junk, *_values.values()),
    max_size=4,
)
_models = st.sampled_from(CATALOG.names("openai"))
_strangers = st.text("gpt-image.256xä /", min_size=1, max_size=20).filter(lambda name: name not in CATALOG.names())
_bases = st.builds(
    Options,
    model=st.sampled_from(CATALOG.names()),
    size=st.just("auto") | st.builds("{}x{}".format, st.integers(1, 9000), st.integers(1, 9000)),
    quality=st.sampled_from(["auto", "low", "max"]),
    background=st.sampled_from(["auto", "opaque", "transparent"]),
    output_format=st.sampled_from(["png", "jpeg", "webp"]),
    output_compression=st.none() | st.integers(0, 100),
    n=st.integers(1, 10),
    input_fidelity=st.sampled_from(["", "low", "high"]),
    complexity=st.sampled_from(["", "medium"]),
    think=st.sampled_from(["", "low"]),
    web=st.booleans(),
)
_wishes = st.builds(
    Wish,
    model=_models | _models | _strangers,
    flags=_likely | _likely | _wild,
    prompt=st.text(min_size=1, max_size=60) | st.sampled_from(["--x\r\n\r\n--", "ä" * 32_000]),
    base=st.none() | _bases,
    moderation=st.sampled_from(["auto", "low"]),
    pictures=st.integers(0, 3),
    overlays=st.sampled_from([(), (), (), ("mask",), ("markup",), ("mask", "markup")]),
    previews=st.integers(0, 5),
    user_key=st.sampled_from(["", "h4sh"]),
)
GATEWAYS: Mapping[str, Mapping[str, object]] = {
    "openai": {"planner": "gpt-5.4"},
    "image": {"edits": "image", "planner": "gpt-5.4", "streaming": False},
    "json": {"edits": "json", "planner": "gpt-5.4"},
    "plain": {"response_format": True},
    "draws-only": {"edits": "none"},
}

# ── From a wish to what arrives ──────────────────────────────────────────────────────────────────────────────────


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def providers() -> AsyncIterator[Mapping[str, OpenAIProvider]]:
    """One for each kind of gateway; nothing is ever sent there."""
    address = "https://gateway.example/v1"
    kinds = {name: Gateway.model_validate({"base_url": address, **kind}) for name, kind in GATEWAYS.items()}
    providers = {name: OpenAIProvider(gateways=[gateway]) for name, gateway in kinds.items()}
    yield providers
    for provider in providers.values():
        await provider.close()


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures, a mask and a markup."""
    folder = tmp_path_factory.mktemp("album")
    for number, kind in enumerate(("png", "jpeg", "webp"), start=1):
        Image.new("RGB", SIDES, (number * 60, 90, 120)).save(folder / f"{number}.{kind}")
    for name in ("mask", "markup"):
        Image.new("RGBA", SIDES, (0, 0, 0, 0)).save(folder / f"{name}.png")
    return folder


def request_for(wish: Wish, options: Options, album: Path) -> ImageRequest:
    kinds = ("png", "jpeg", "webp")[: wish.pictures]
    images = [InputImage(album / f"{number}.{kind}", f"image/{kind}") for number, kind in enumerate(kinds, start=1)]
    mask, markup = (album / f"{name}.png" if name in wish.overlays else None for name in ("mask", "markup"))
    return ImageRequest(
        wish.prompt, options, album, tuple(images), mask, wish.user_key, wish.previews, wish.prompt, markup
    )


def decided(wish: Wish, provider: OpenAIProvider) -> Options:
    """What the core makes of a wish. Raises BadInput and its kin where it says no."""
    model = CATALOG.model(wish.model)
    options = decide(wish.flags, model, base=wish.base, moderation=wish.moderation).options
    mask, markup = "mask" in wish.overlays, "markup" in wish.overlays
    submit._check_inputs(model, wish.pictures, mask, markup)
    if wish.overlays and not wish.pictures:
        raise BadAttachment("A mask needs the picture it belongs to.")  # as the intake has it
    if why := provider.why_not(options, images=wish.pictures, mask=mask, markup=markup):
        raise BadInput(why)
    return options


async def arrived(call: wire.Call) -> Recorded:
    """The request as the server reads it, without a network between."""
    body = b"".join([piece async for piece in call.body.pieces()])
    assert len(body) == call.body.length
    stream = StreamReader(BaseProtocol(asyncio.get_running_loop()), 2**16)
    stream.feed_data(body)
    stream.feed_eof()
    headers = {"Content-Type": call.body.content_type}
    path = f"/v1{call.path}"
    return await record(make_mocked_request("POST", path, headers=headers, payload=stream, client_max_size=2**30))


def taken(recorded: Recorded, dialect: Dialect) -> Order:
    """What the server would draw. A rule that is broken fails the test, with the server's own words."""
    try:
        dialect.check(recorded)
        if recorded.problem:
            raise recorded.problem
        if recorded.path == "/v1/responses":
            return thought_of(recorded, dialect).order
        return order_of(recorded, dialect)
    except ApiError as error:
        pytest.fail(f"{error.status} {error.body} for {recorded.path} {recorded.fields}")


def dialect_of(gateway: Gateway, model: str) -> Dialect:
    """As picky as this gateway's settings say it is; OpenAI's own models are all it has unless another was named."""
    field = gateway.edits if gateway.edits != "none" else None
    return Dialect(strict=is_known(model), edit_field=field, needs_response_format=gateway.response_format)


async def checked(wish: Wish, options: Options, provider: OpenAIProvider, album: Path) -> None:
    """What was decided is what the server reads, and it takes it."""
    (gateway,) = (service.gateway for service in provider.services)
    call = wire.call_for(request_for(wish, options, album), gateway, frozenset())
    recorded = await arrived(call)
    order = taken(recorded, dialect_of(gateway, options.model))
    n = 1 if options.is_planned else options.n
    previews = min(wish.previews, 3) if gateway.streaming and n == 1 else 0
    over = {file.field_name.removeprefix("input_image_") for file in recorded.files} & {"mask", "markup"}
    assert (order.prompt, over) == (wish.prompt, set(wish.overlays))
    assert (order.model, order.n, order.images) == (options.model, n, wish.pictures)
    assert order.size == ("1024x1024" if options.size == "auto" else options.size)
    assert order.quality == ("medium" if options.quality == "auto" else options.quality)
    assert (order.background, order.output_format) == (options.background, options.output_format)
    assert (order.partials, order.by_address) == (previews, False)
    assert order.stream == ("stream" in call.sent) == (options.is_planned or previews > 0)


# ── Tests ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.asyncio(loop_scope="module")
@fuzz
@given(wish=_wishes, kind=st.sampled_from(list(GATEWAYS)))
@example(wish=Wish("gpt-image-2.5-flare", {}, "fox", pictures=1, overlays=("mask", "markup")), kind="openai")
@example(wish=Wish("gpt-image-2", {"think": "low"}, "fox", overlays=("mask",)), kind="openai")
async def test_whatever_is_asked_for_is_refused_by_us_or_taken_by_the_service(
    providers: Mapping[str, OpenAIProvider], album: Path, wish: Wish, kind: str
) -> None:
    try:
        options = decided(wish, providers[kind])
    except BadInput as error:
        event("refused")
        assert str(error).endswith((".", "?"))
        return
    event(f"taken, {'planned' if options.is_planned else 'plain'}, {'edit' if wish.pictures else 'new'}")
    await checked(wish, options, providers[kind], album)


_edge = st.integers(48, 140).map(lambda number: number * 16)
_near = (
    st.tuples(_edge, _edge).filter(lambda edges: SizeRule().allows(*edges)).map(lambda edges: "x".join(map(str, edges)))
)
_legal = _near | st.sampled_from(["3840x2160", "1280x3840", "2880x2880", "816x816", "1024x640"])


@st.composite
def _up_to_3_to_1(draw: st.DrawFn) -> str:
    one = draw(st.integers(1, 99))
    return f"{one}:{draw(st.integers(math.ceil(one / 3), one * 3))}"


def _possible(name: str) -> st.SearchStrategy[Wish]:
    """Wishes that this model can fulfil."""
    model = CATALOG.model(name)
    size = st.sampled_from(model.sizes) if model.sizes else _legal
    by_ratio = st.fixed_dictionaries({"ar": _up_to_3_to_1(), "size": st.sampled_from(["1k", "2k", "4k"])})
    shaped: st.SearchStrategy[dict[str, str]] = st.just({}) | size.map(lambda size: {"size": size}) | by_ratio
    choices = {
        "quality": (*model.qualities, "auto"),
        "format": model.formats,
        "background": (*model.backgrounds, "auto"),
        "compression": ("0", "100"),
        "n": ("1", str(model.max_n)),
        "fidelity": model.fidelities,
        "complexity": model.complexities,
        "think": ("low", "medium", "high"),
        "web": ("on", "off"),
    }
    styled = st.fixed_dictionaries({}, optional={name: st.sampled_from(has) for name, has in choices.items() if has})
    return st.builds(
        Wish,
        model=st.just(name),
        flags=st.builds(lambda one, other: {**one, **other}, styled, shaped),
        prompt=st.text(min_size=1, max_size=60),
        base=st.none() | _bases,
        pictures=st.integers(1, 3),
        overlays=st.sampled_from([(), ("mask",), *([("markup",)] if model.markup else [])]),
        previews=st.integers(0, 3),
        user_key=st.just("h4sh"),
    )


def _makes_sense(wish: Wish) -> bool:
    """A JPEG is not transparent, not even when one half of that was the parent's; nothing plans with a markup."""
    kept = {"format": wish.base.output_format, "background": wish.base.background} if wish.base else {}
    asked = {**kept, **wish.flags}
    planned = "think" in asked or asked.get("web") == "on"
    transparent_jpeg = asked.get("format") == "jpeg" and asked.get("background") == "transparent"
    return not transparent_jpeg and not (planned and "markup" in wish.overlays)


@pytest.mark.asyncio(loop_scope="module")
@fuzz
@given(wish=_models.flatmap(_possible).filter(_makes_sense))
async def test_what_a_model_can_do_is_never_refused_by_anybody(
    providers: Mapping[str, OpenAIProvider], album: Path, wish: Wish
) -> None:
    for one in (wish, replace(wish, pictures=0, overlays=())):
        options = decided(one, providers["openai"])
        await checked(one, options, providers["openai"], album)


@pytest.mark.parametrize(
    ("flags", "name", "most"),
    [
        ({"n": "00000000110000"}, "n", 10),
        ({"format": "webp", "compression": "000000000999"}, "output_compression", 100),
        ({"format": "webp", "compression": "0" * 5000}, "output_compression", 100),
    ],
    ids=["n", "compression", "too long to be read"],
)
def test_zeros_in_front_do_not_lift_a_limit(flags: Mapping[str, str], name: str, most: int) -> None:
    try:
        options = decide(flags, CATALOG.model("gpt-image-2"), base=None, moderation="auto").options
    except BadOption:
        return
    assert getattr(options, name) <= most
