"""One long conversation of Alice and Bob, from a saved logo to an export: steps with a sentence each, and its tree.

Every step does what a person does and looks at what they see. Replies say which version's card they answer, and that
is always the current one where nothing else is said: then it means the same in a chat that knows no such thing.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

from bot.models import Version
from bot.replies import FINAL_WORDS
from tests.drivers.hands import marked, mask, photo, share_changed, until
from tests.drivers.people import People
from tests.fakes.provider import png

SIZE = "1024x640"
Action = Callable[[People], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Step:
    """What happens, in a sentence, and how."""

    sentence: str
    act: Action


STEPS: list[Step] = []


def step(sentence: str) -> Callable[[Action], Action]:
    """The next step of the story."""

    def add(act: Action) -> Action:
        STEPS.append(Step(sentence, act))
        return act

    return add


# ── A poster ─────────────────────────────────────────────────────────────────────────────────────────────────────


@step("Bob saves the logo for everybody")
async def _(people: People) -> None:
    await people.driver.ref("add @logo as logo", files=[("logo.png", png(256, 256, (200, 30, 40)))], who="bob")
    told = await people.whispered("Saved as @logo", "bob")
    assert "a logo" in told.text


@step("Alice makes a poster with it; the chat delivers her command twice")
async def _(people: People) -> None:
    await people.driver.imagine(f"a poster with @logo for our summer sale --size {SIZE} --quality low")
    await people.driver.again()
    seen = await people.version(1, "a poster with @logo")
    assert "with @logo" in seen.text
    assert seen.images == (await people.bytes_of((await people.versions())[0].images[0]),)
    await people.driver.again()


@step("Alice makes it night; that message comes twice, too")
async def _(people: People) -> None:
    await people.say("make it night", on=1)
    await people.driver.again()
    seen = await people.version(2, "v2 · edit of v1")
    assert {"Edit", "Vary", "Re-roll", "Undo", "Show prompt"} <= set(seen.buttons)
    assert any(one.startswith("Finalize · $") for one in seen.buttons), "its price is on the button"
    assert seen.alts[0].startswith("AI-made picture, v2: make it night. Changed from v1:")


@step("Bob sends a photo from his phone along")
async def _(people: People) -> None:
    await people.say("put this cat into it", on=2, files=[("cat.jpg", photo())], who="bob")
    seen = await people.version(3, "v3 · edit of v2")
    assert "with @logo, cat.jpg" in seen.text
    sent = people.provider.inputs[-1]
    assert len(sent) == 3
    assert not any(b"Exif" in data or b"GPS" in data for data in sent), "where it was taken stays here"


@step("Alice takes it back")
async def _(people: People) -> None:
    await people.say("undo", on=3)
    await people.back(2, "Back to")
    assert await people.head() == 2


@step("Bob brings it back again")
async def _(people: People) -> None:
    await people.say("redo", on=2, who="bob")
    await people.back(3, "Forward to")
    assert await people.head() == 3


@step("Bob goes on from the first version by its number")
async def _(people: People) -> None:
    await people.say("v1: make it a winter sale", on=3, who="bob")
    await people.version(4, "v4 · edit of v1")


@step("Alice and Bob change the same picture at once: both are kept, and it is said")
async def _(people: People) -> None:
    gates = [asyncio.Event(), asyncio.Event()]
    before = len(people.provider.requests)
    for count, (who, words) in enumerate((("alice", "add a kite"), ("bob", "add a boat")), start=1):
        people.provider.gate = gates[count - 1]
        await people.say(words, on=4, who=who)
        await until(lambda: len(people.provider.requests) == before + count)  # noqa: B023 - called at once
    gates[0].set()
    await people.version(5, "v5 · edit of v4")
    people.provider.gate = None
    gates[1].set()
    seen = await people.version(6, "v6 · edit of v4")
    assert "Meanwhile alice made v5 of the same picture; both are kept." in seen.text


# ── What goes along ──────────────────────────────────────────────────────────────────────────────────────────────


@step("Alice takes the style of the first picture")
async def _(people: People) -> None:
    await people.say("use #2 as style, warmer colours", on=6)
    seen = await people.version(7, "v7 · edit of v6")
    assert "with @logo, #2" in seen.text


@step("Bob looks at what goes along with the next edit")
async def _(people: People) -> None:
    await people.say("refs", on=7, who="bob")
    seen = await people.shown("What goes along with the next edit · 3/16")
    assert [one.startswith("Remove") for one in seen.buttons] == [True, True]
    assert "@logo" in seen.buttons[0] and "#2" in seen.buttons[1]
    assert len(seen.images) == len(seen.alts) == 1


@step("Bob leaves the logo out from here on")
async def _(people: People) -> None:
    await people.say("refs remove @logo", on=7, who="bob")
    seen = await people.shown("bob removed @logo · 2/16")
    (button,) = seen.buttons
    assert button.startswith("Remove #2")


# ── Parts of the picture ─────────────────────────────────────────────────────────────────────────────────────────


@step("Alice changes the left half by saying so; the right half stays as it is, pixel by pixel")
async def _(people: People) -> None:
    await people.say("left half: make it blue", on=7)
    seen = await people.version(8, "v8 · edit of v7")
    assert "drift" in seen.text
    assert "with #2" in seen.text and "@logo" not in seen.text.split("with #2")[1]
    assert share_changed(people.cards[7], seen, (600, 0, 1024, 640)) == 0
    assert share_changed(people.cards[7], seen, (0, 0, 400, 640)) > 0.2


@step("Bob thanks her, and nobody pays for it")
async def _(people: People) -> None:
    await people.say("thanks!", on=8, who="bob")
    await people.say("👍", on=8)
    await people.say("// shall we ask Carol?", on=8)


@step("Alice takes the picture away: without an address for pages it comes as a file")
async def _(people: People) -> None:
    await people.say("export", on=8)
    files = await people.export("v8")
    (picture,) = [data for name, data in files.items() if name.endswith(".png")]
    original = await people.bytes_of((await people.versions())[7].images[0])
    assert pixels(picture) == pixels(original)
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in picture
    assert "left half" not in files["prompts.txt"].decode()
    assert json.loads(files["manifest.json"])["files"][0]["version"] == 8


@step("The bot is restarted in the middle, with an address for its pages")
async def _(people: People) -> None:
    await people.restart()
    assert await people.head() == 8


@step("Alice paints on a page where a lighthouse goes; the way there is hers alone")
async def _(people: People) -> None:
    await people.say("paint", on=8)
    url = people.address(await people.whispered("Paint where v8 may change", "alice"), "Paint v8")
    assert b"<canvas" in await people.download(url)
    about = await people.get(f"{url}/about")
    assert (about["title"], about["width"], about["height"]) == ("v8", 1024, 640)
    assert Image.open(io.BytesIO(await people.download(f"{url}/picture"))).size == (1024, 640)
    painted = mask((700, 100, 900, 400), transparent=True)
    said = await people.post(f"{url}/send", id="a-painting-1", words="a lighthouse", mask=painted)
    assert said == await people.post(f"{url}/send", id="a-painting-1", words="a lighthouse", mask=painted)
    seen = await people.version(9, "v9 · edit of v8")
    assert share_changed(people.cards[8], seen, (0, 0, 640, 640)) == 0


@step("Bob sends a mask of his own")
async def _(people: People) -> None:
    await people.say("a moon there", on=9, files=[("mask.png", mask((100, 50, 300, 250)))], who="bob")
    seen = await people.version(10, "v10 · edit of v9")
    assert "The picture sent along was taken as the mask." in seen.text
    assert share_changed(people.cards[9], seen, (0, 320, 1024, 640)) == 0


@step("Alice draws on the picture with a red pen and sends that back")
async def _(people: People) -> None:
    drawn = marked(people.cards[10].images[0], (420, 200, 600, 360))
    await people.say("a balloon here", on=10, files=[("IMG_2041.jpg", drawn)])
    seen = await people.version(11, "v11 · edit of v10")
    assert "Your drawing on v10 was taken as the mask" in seen.text
    assert share_changed(people.cards[10], seen, (420, 200, 600, 360)) > 0.3
    assert share_changed(people.cards[10], seen, (0, 0, 340, 640)) == 0


@step("Bob compares the first picture with this one")
async def _(people: People) -> None:
    await people.say("compare v1 v11", on=11, who="bob")
    seen = await people.shown("v1 → v11 ·")
    assert [image[:3] for image in seen.images] == [b"\x89PN", b"\x89PN", b"GIF"]
    assert seen.alts[0] == "v1 and v11 side by side, AI-made"


# ── Several pictures ─────────────────────────────────────────────────────────────────────────────────────────────


@step("Bob wants something else of the same kind")
async def _(people: People) -> None:
    await people.say("vary strong", on=11, who="bob")
    await people.version(12, "v12 · variation of v11")


@step("Alice asks for three and picks the second")
async def _(people: People) -> None:
    await people.say("add clouds --n 3", on=12)
    seen = await people.version(13, "v13 · edit of v12")
    assert len(set(seen.images)) == 3
    assert [one for one in seen.buttons if one.startswith("Pick")] == ["Pick 1", "Pick 2", "Pick 3"]
    await people.press("Pick 2", on=13)
    picked = await people.back(14, "Picture 2 of v13 is now")
    assert picked.images == seen.images[1:2]


@step("Bob makes it square; the old pixels stay")
async def _(people: People) -> None:
    await people.say("make it square", on=14, who="bob")
    seen = await people.version(15, "v15 · larger canvas of v14")
    old = Image.open(io.BytesIO(people.cards[14].images[0])).convert("RGB")
    new = Image.open(io.BytesIO(seen.images[0])).convert("RGB").crop((0, 192, 1024, 832))
    assert np.array_equal(np.asarray(old)[60:580], np.asarray(new)[60:580])


@step("Alice finalizes it at the price on the button")
async def _(people: People) -> None:
    (button,) = [one for one in people.cards[15].buttons if one.startswith("Finalize")]
    await people.press(button, on=15)
    seen = await people.version(16, "v16 · final of v15")
    assert "2880×2880 · high" in seen.text
    assert not any(one.startswith("Finalize") for one in seen.buttons)


@step("Alice stars it and finds it in the gallery; Bob has no star there")
async def _(people: People) -> None:
    await people.say("star", on=16)
    await people.whispered("v16 is starred", "alice")
    for who, starred in (("alice", ["v16"]), ("bob", [])):
        await people.say("gallery", on=16, who=who)
        url = people.address(await people.whispered("this channel's, and the starred ones", who), "Open the gallery")
        found = await people.get(f"{url}/list?wall=starred")
        assert [one["number"] for one in found["items"]] == starred


@step("Bob starts a series in the same thread")
async def _(people: People) -> None:
    await people.say(
        f'new: a fox, ink drawing --size {SIZE} --series "it wakes | it finds a coin | it buys bread"', on=16, who="bob"
    )
    seen = await people.version(17, "v17 · series of 3 panels")
    assert seen.alts[1] == "AI-made, panel 2 of 3: it finds a coin"


@step("Alice has one panel drawn again with other words; the others stay")
async def _(people: People) -> None:
    await people.say("panel 2: it finds a ring", on=17)
    seen = await people.version(18, "v18 · panel 2 of v17 anew")
    assert [new == old for new, old in zip(seen.images, people.cards[17].images, strict=True)] == [True, False, True]
    assert seen.alts[1] == "AI-made, panel 2 of 3: it finds a ring"


# ── To the end ───────────────────────────────────────────────────────────────────────────────────────────────────


@step("Bob goes back to the second version, and Alice asks what it is")
async def _(people: People) -> None:
    await people.say("back to v2", on=18, who="bob")
    await people.back(2, "Back to")
    await people.say("info", on=2)
    told = await people.whispered("An edit of v1 by alice", "alice")
    assert "references: @logo" in told.text


@step("Alice opens the tree")
async def _(people: People) -> None:
    await people.say("tree", on=2)
    url = people.address(await people.whispered("This thread as a tree", "alice"), "Open the tree")
    nodes = (await people.get(f"{url}/tree"))["versions"]
    number = {one["id"]: int(one["number"][1:]) for one in nodes}
    drawn = [(number[one["id"]], number.get(one["parent"])) for one in nodes]
    assert drawn == [(row.number, row.parent) for row in TREE]
    assert [one["number"] for one in nodes if one["head"]] == ["v2"]
    assert [one["number"] for one in nodes if one["starred"]] == ["v16"]


@step("Bob takes everything away through a link")
async def _(people: People) -> None:
    await people.say("export all", on=2, who="bob")
    files = await people.export("The whole thread")
    told = json.loads(files["manifest.json"])["files"]
    versions = {one.number: one for one in await people.versions()}
    rows = [row for row in TREE if row.kind != "pick"]  # the same picture again
    assert [one["version"] for one in told] == [row.number for row in rows for _ in range(row.pictures)]
    for one in told:
        version, number = versions[one["version"]], one["version"]
        row = TREE[number - 1]
        assert (one["made from"], one["kind"], one["author"]) == row[1:4]
        assert row.prompt in one["prompt"]
        assert hashlib.sha256(files[one["file"]]).hexdigest() == one["sha256"]
        assert one["original sha256"] in version.images
        assert pixels(files[one["file"]]) == pixels(await people.bytes_of(one["original sha256"]))


# ── What comes of it ─────────────────────────────────────────────────────────────────────────────────────────────


class Row(NamedTuple):
    """A version as it must stand in the store. `along` are names and roles of references, `put_back`: locked."""

    number: int
    parent: int | None
    kind: str
    who: str
    prompt: str
    size: str = SIZE
    quality: str = "low"
    pictures: int = 1
    along: tuple[str, ...] = ()
    region: str = ""
    masked: bool = False
    put_back: bool = False
    of_picture: int = 1
    strong: bool = False
    panels: tuple[str, ...] = ()


LOGO, STYLE = "@logo logo", "#2 style"
TREE = [
    Row(1, None, "generate", "alice", "a poster with @logo for our summer sale", along=(LOGO,)),
    Row(2, 1, "edit", "alice", "make it night", along=(LOGO,)),
    Row(3, 2, "edit", "bob", "put this cat into it", along=(LOGO, "cat.jpg reference")),
    Row(4, 1, "edit", "bob", "make it a winter sale", along=(LOGO,)),
    Row(5, 4, "edit", "alice", "add a kite", along=(LOGO,)),
    Row(6, 4, "edit", "bob", "add a boat", along=(LOGO,)),
    Row(7, 6, "edit", "alice", "use #2 as style, warmer colours", along=(LOGO, STYLE)),
    Row(8, 7, "edit", "alice", "make it blue", along=(STYLE,), region="left half", masked=True, put_back=True),
    Row(9, 8, "edit", "alice", "a lighthouse", along=(STYLE,), masked=True, put_back=True),
    Row(10, 9, "edit", "bob", "a moon there", along=(STYLE,), masked=True, put_back=True),
    Row(11, 10, "edit", "alice", "a balloon here", along=(STYLE,), masked=True, put_back=True),
    Row(12, 11, "variation", "bob", "a balloon here", along=(STYLE,), strong=True),
    Row(13, 12, "edit", "alice", "add clouds", along=(STYLE,), pictures=3),
    Row(14, 13, "pick", "alice", "add clouds", along=(STYLE,), of_picture=2),
    Row(15, 14, "extend", "bob", "Continue the picture naturally beyond its old edges on all sides.",
        size="1024x1024", region="square", masked=True, put_back=True),
    Row(16, 15, "final", "alice", FINAL_WORDS, size="2880x2880", quality="high"),
    Row(17, None, "series", "bob", "a fox, ink drawing", quality="medium", pictures=3,
        panels=("it wakes", "it finds a coin", "it buys bread")),
    Row(18, 17, "series", "alice", "a fox, ink drawing", quality="medium", pictures=3,
        panels=("it wakes", "it finds a ring", "it buys bread")),
]  # fmt: skip
PAID = 21  # pictures: one for each version, but three for v13 and v17, and none for the pick


def pixels(picture: bytes) -> tuple[str, bytes]:
    """A file's pixels: a note inside it makes no difference."""
    with Image.open(io.BytesIO(picture)) as image:
        return image.mode, image.tobytes()


def row_of(version: Version, numbers: dict[str, int]) -> Row:
    """A kept version in the same words."""
    return Row(
        version.number, numbers.get(version.parent or ""), str(version.kind), version.author.name, version.prompt,
        version.options.size, version.options.quality, len(version.images),
        tuple(f"{one.name} {one.role}" for one in version.references), version.region, version.mask is not None,
        bool(version.originals), version.parent_image, version.strong, version.panels,
    )  # fmt: skip
