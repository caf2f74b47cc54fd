"""The gallery and the thread's page, as a browser asks for them. What a person may see follows the channel."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image

from adapters.pages.thread import is_web_address
from bot.links import Grant, Links, Page
from bot.models import Address, Kind, Options, Place, Policy, Reference, Role, User, Version
from bot.models.versions import Source
from tests.drivers.pages import ANN, BEN, HERE, Shelves, open_shelves
from tests.drivers.web import open_browser
from tests.fakes.provider import png
from tests.harness import open_test_house

ELSEWHERE = Place("slack", "T1", "C2", "2.1")
MARKUP = '<img src=x onerror="alert(1)">\u202e\u200b evil </script>'


class Browser:
    """Requests, as they come from the pages."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self.client = client

    async def get(self, path: str, **query: str) -> tuple[int, dict[str, Any]]:
        async with self.client.get(path, params=query) as answer:
            assert answer.content_type == "application/json", await answer.text()
            return answer.status, await answer.json()

    async def bytes_of(self, path: str) -> tuple[int, str, bytes]:
        async with self.client.get(path, allow_redirects=False) as answer:
            return answer.status, answer.content_type, await answer.read()

    async def star(
        self, link: str, version: object, *, on: object = True, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        async with self.client.post(f"{link}/star", json={"version": version, "on": on}, headers=headers) as answer:
            return answer.status, await answer.json()

    async def wall(self, link: str, wall: str = "channel", words: str = "") -> list[str]:
        """The prompts on a wall."""
        status, body = await self.get(f"{link}/list", wall=wall, words=words)
        assert status == 200, body
        return [item["prompt"] for item in body["items"]]


@pytest.fixture
async def shelves(tmp_path: Path) -> AsyncIterator[Shelves]:
    async with open_shelves(tmp_path) as shelves:
        yield shelves


@pytest.fixture
async def browser(shelves: Shelves) -> AsyncIterator[Browser]:
    async with TestClient(TestServer(shelves.app)) as client:
        yield Browser(client)


# ── Walls ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_wall_shows_what_belongs_on_it_newest_first(shelves: Shelves, browser: Browser) -> None:
    await shelves.version("by ann here")
    starred = await shelves.version("by ben here", by=BEN)
    await shelves.version("by ann elsewhere", place=ELSEWHERE)
    await shelves.version("by ben elsewhere", place=ELSEWHERE, by=BEN)
    link = shelves.gallery()
    assert (await browser.star(link, starred.id))[0] == 200
    assert await browser.wall(link, "channel") == ["by ben here", "by ann here"]
    assert await browser.wall(link, "mine") == ["by ann elsewhere", "by ann here"]
    assert await browser.wall(link, "starred") == ["by ben here"]


async def test_a_picture_on_the_wall_says_everything_its_tile_needs(shelves: Shelves, browser: Browser) -> None:
    assets = [await shelves.picture((1, 2, 3), (640, 480)), await shelves.picture((4, 5, 6))]
    made = await shelves.version("a red fox", assets=assets)
    _, body = await browser.get(f"{shelves.gallery()}/list", wall="mine")
    (item,) = body["items"]
    assert {key: item[key] for key in ("id", "thread", "number", "prompt", "who", "kind", "model", "count")} == {
        "id": made.id, "thread": made.thread, "number": "v1", "prompt": "a red fox", "who": "Ann", "kind": "generate",
        "model": "gpt-image-2", "count": 2,
    }  # fmt: skip
    assert (item["width"], item["height"], item["starred"], item["when"]) == (640, 480, False, made.created)
    assert item["alt"] == "Picture 1, AI-made picture, v1: a red fox"
    status, kind, data = await browser.bytes_of(item["src"])
    assert (status, kind) == (200, "image/webp")
    assert Image.open(io.BytesIO(data)).size == (512, 384)


async def test_the_original_comes_byte_for_byte_and_can_be_saved(shelves: Shelves, browser: Browser) -> None:
    data = png(300, 200)
    await shelves.version(assets=[await shelves.keep(data)])
    _, body = await browser.get(f"{shelves.gallery()}/list")
    item = body["items"][0]
    assert await browser.bytes_of(item["full"]) == (200, "image/png", data)
    async with browser.client.get(item["download"]) as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="v1.png"'
        assert answer.headers["Cache-Control"].startswith("private")


async def test_words_find_prompts_by_their_beginnings(shelves: Shelves, browser: Browser) -> None:
    for prompt in ("a red fox", "a red foxglove", "a blue bird"):
        await shelves.version(prompt)
    link = shelves.gallery()
    assert await browser.wall(link, words="FOX red") == ["a red foxglove", "a red fox"]
    assert await browser.wall(link, words="nothing") == []
    for hostile in ('"', "fox AND NOT", "a*b^c", "prompt:fox", "\x00", "x" * 5000, "🦊", "'; DROP TABLE"):
        await browser.wall(link, words=hostile)


async def test_more_shows_older_ones_without_gap_or_repeat(shelves: Shelves, browser: Browser) -> None:
    asset = await shelves.picture()
    for n in range(125):
        await shelves.version(f"picture {n}", assets=[asset])
    link, seen, before = shelves.gallery(), [], ""
    lengths = []
    while True:
        _, body = await browser.get(f"{link}/list", wall="channel", before=before)
        seen += [item["prompt"] for item in body["items"]]
        lengths.append(len(body["items"]))
        before = body["next"]
        if not before:
            break
    assert lengths == [60, 60, 5]
    assert seen == [f"picture {n}" for n in reversed(range(125))]


async def test_a_wall_that_does_not_exist_says_which_do(shelves: Shelves, browser: Browser) -> None:
    status, body = await browser.get(f"{shelves.gallery()}/list", wall="everything")
    assert (status, body) == (400, {"error": "There is no such wall. Choose My pictures, This channel or Starred."})


# ── Who may see what ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "place",
    [ELSEWHERE, Place("slack", "T2", "C1", "1.1"), Place("discord", "T1", "C1", "1.1")],
    ids=["another channel", "another workspace", "another platform"],
)
async def test_pictures_from_elsewhere_are_served_to_nobody(shelves: Shelves, browser: Browser, place: Place) -> None:
    hidden = await shelves.version("secret", place=place, by=replace(BEN, platform=place.platform))
    link = shelves.gallery()
    for wall in ("mine", "channel", "starred"):
        assert await browser.wall(link, wall, "secret") == await browser.wall(link, wall) == []
    for path in (f"thumb/{hidden.id}/1", f"picture/{hidden.id}/1", f"thread/{hidden.thread}", f"chat/{hidden.id}"):
        status, _, data = await browser.bytes_of(f"{link}/{path}")
        assert status == 404, path
        assert b"secret" not in data
    for path in (f"version/{hidden.id}", f"thread/{hidden.thread}/tree"):
        assert (await browser.get(f"{link}/{path}"))[0] == 404
    assert (await browser.star(link, hidden.id))[0] == 404


async def test_the_same_person_in_another_workspace_is_somebody_else(shelves: Shelves, browser: Browser) -> None:
    mine = await shelves.version("at work")
    at_home = shelves.gallery(ANN, Place("slack", "T9", "C1", None))
    assert await browser.wall(at_home, "mine") == []
    assert (await browser.bytes_of(f"{at_home}/picture/{mine.id}/1"))[0] == 404


async def test_one_persons_stars_are_nobody_elses(shelves: Shelves, browser: Browser) -> None:
    made = await shelves.version()
    await browser.star(shelves.gallery(ANN), made.id)
    assert await browser.wall(shelves.gallery(BEN), "starred") == []


async def test_a_star_set_twice_is_one_and_taken_back_is_none(shelves: Shelves, browser: Browser) -> None:
    made, link = await shelves.version(), shelves.gallery()
    assert await browser.star(link, made.id) == await browser.star(link, made.id) == (200, {"starred": True})
    assert len(await browser.wall(link, "starred")) == 1
    assert await browser.star(link, made.id, on=False) == await browser.star(link, made.id, on=False)
    assert await browser.wall(link, "starred") == []


@pytest.mark.parametrize("version", ["", "nope", "../../etc/passwd", "x" * 5000, "' OR 1=1", None, 7, ["a"], {"a": 1}])
async def test_a_forged_id_is_simply_not_there(shelves: Shelves, browser: Browser, version: object) -> None:
    status, body = await browser.star(shelves.gallery(), version)
    assert status == 404
    assert body["error"].startswith("This picture is not here any more")


@pytest.mark.parametrize("tail", ["0", "2", "-1", "1.0", "%2e%2e", "9999999999", "٣", "1%00", "..%2f..%2fetc%2fpasswd"])
async def test_a_picture_that_a_version_does_not_have_is_not_there(
    shelves: Shelves, browser: Browser, tail: str
) -> None:
    made = await shelves.version()
    for kind in ("thumb", "picture", "reference"):
        assert (await browser.bytes_of(f"{shelves.gallery()}/{kind}/{made.id}/{tail}"))[0] == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
async def test_a_star_that_is_no_json_says_so(shelves: Shelves, browser: Browser, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with browser.client.post(f"{shelves.gallery()}/star", data=body, headers=headers) as answer:
        assert answer.status == 400
        assert "JSON" in (await answer.json())["error"]


async def test_another_page_cannot_star(shelves: Shelves, browser: Browser) -> None:
    made, link = await shelves.version(), shelves.gallery()
    assert (await browser.star(link, made.id, Origin="https://evil.example"))[0] == 403
    async with browser.client.post(f"{link}/star", data={"version": made.id, "on": "true"}) as answer:
        assert answer.status == 400  # what a plain form could send
    assert await browser.wall(link, "starred") == []


async def test_links_open_their_own_page_only(shelves: Shelves, browser: Browser) -> None:
    made = await shelves.version()
    gallery, thread = shelves.gallery(), shelves.thread(made)
    swapped = [gallery.replace("/p/gallery/", "/p/thread/"), thread.replace("/p/thread/", "/p/gallery/")]
    stranger = Links(b"another secret").make(Page.GALLERY, Grant(ANN, HERE)).removeprefix("https://")
    for forged in (*swapped, stranger, gallery[:-1], "/p/gallery/x"):
        status, kind, data = await browser.bytes_of(forged)
        assert (status, kind) == (404, "text/html")
        assert "Open it from the chat again." in data.decode()
        assert (await browser.bytes_of(f"{forged}/thumb/{made.id}/1"))[0] == 404


async def test_a_threads_link_opens_no_other_thread(shelves: Shelves, browser: Browser) -> None:
    made, other = await shelves.version("mine"), await shelves.version("another, in the same channel")
    link = shelves.thread(made)
    assert (await browser.bytes_of(f"{link}/thumb/{made.id}/1"))[0] == 200
    assert (await browser.bytes_of(f"{link}/thumb/{other.id}/1"))[0] == 404
    assert (await browser.get(f"{link}/version/{other.id}"))[0] == 404
    assert (await browser.bytes_of(f"{link}/list"))[0] == 404


@pytest.mark.parametrize("path", ["", "/list", "/thumb/{id}/1", "/picture/{id}/1", "/thread/{thread}", "/version/{id}"])
async def test_every_answer_carries_the_protecting_headers(shelves: Shelves, browser: Browser, path: str) -> None:
    made = await shelves.version()
    async with browser.client.get(shelves.gallery() + path.format(id=made.id, thread=made.thread)) as answer:
        assert answer.status == 200
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


# ── A thread ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def tree_of(shelves: Shelves) -> list[Version]:
    """v1 → v2 → v3, and v4 of v1, by Ben."""
    first = await shelves.version("a red fox")
    second = await shelves.version("make it night", parent=first)
    third = await shelves.version("a moon", parent=second)
    fourth = await shelves.version("in snow", parent=first, by=BEN)
    return [first, second, third, fourth]


async def test_the_tree_is_the_same_by_both_links(shelves: Shelves, browser: Browser) -> None:
    versions = await tree_of(shelves)
    gallery, thread = shelves.gallery(), shelves.thread(versions[0])
    for page, tree in ((f"{gallery}/thread/{versions[0].thread}",) * 2, (thread, thread)):
        assert (await browser.bytes_of(page))[:2] == (200, "text/html")
        status, body = await browser.get(f"{tree}/tree")
        assert status == 200
        spots = [(one["number"], one["parent"], one["column"], one["row"], one["head"]) for one in body["versions"]]
        v1, v2 = versions[0].id, versions[1].id
        assert spots == [
            ("v1", None, 0, 0, False), ("v2", v1, 1, 0, False), ("v3", v2, 2, 0, False), ("v4", v1, 1, 1, True),
        ]  # fmt: skip
        assert [one["who"] for one in body["versions"]] == ["Ann", "Ann", "Ann", "Ben"]
        assert (await browser.bytes_of(body["versions"][3]["src"]))[0] == 200


async def test_everything_about_a_version_is_told(shelves: Shelves, browser: Browser) -> None:
    first = await shelves.version("a fox", assets=[await shelves.picture(), await shelves.picture((9, 9, 9))])
    logo = await shelves.picture((255, 0, 0), (30, 30))
    second = await shelves.version(
        "add @logo", parent=first, parent_image=2, references=(Reference(logo.id, "logo.png", Role.LOGO),),
        options=Options("gpt-image-2", size="1536x1024", quality="high"), region="left half", drift=0.002,
        changed=("the sky",), cost=41_000, provider="openai", notes=("The size was changed.",),
        missing=("Picture 2 failed.",), sources=(Source("<b>Fox</b>", "https://example.org/fox"),),
    )  # fmt: skip
    await shelves.store.showed(second.id, Address(HERE, "1790.5"))
    link = shelves.thread(first)
    _, told = await browser.get(f"{link}/version/{second.id}")
    assert (told["number"], told["made"], told["prompt"], told["who"]) == (
        "v2", "Edit of picture 2 of v1", "add @logo", "Ann",
    )  # fmt: skip
    facts = dict(told["facts"])
    assert facts["Where"] == "left half"
    assert facts["Drift"] == "0.2 % outside the mask, put back"
    assert (facts["Size"], facts["Quality"], facts["Cost"], facts["Drawn by"]) == (
        "1536×1024", "high", "$0.041", "openai",
    )  # fmt: skip
    assert told["notes"] == ["The size was changed.", "Picture 2 failed."]
    assert told["sources"] == [{"title": "<b>Fox</b>", "url": "https://example.org/fox"}]
    (reference,) = told["references"]
    assert (reference["name"], reference["role"]) == ("logo.png", "logo")
    assert (await browser.bytes_of(reference["src"]))[:2] == (200, "image/webp")
    async with browser.client.get(told["chat"], allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "https://chat.example.org/C1/1790.5")


async def test_a_version_that_no_message_shows_has_no_way_to_the_chat(shelves: Shelves, browser: Browser) -> None:
    made = await shelves.version()
    link = shelves.thread(made)
    assert (await browser.get(f"{link}/version/{made.id}"))[1]["chat"] == ""
    status, _, page = await browser.bytes_of(f"{link}/chat/{made.id}")
    assert status == 404
    assert "not in the chat any more" in page.decode()


async def test_from_another_channel_only_ones_own_versions_are_seen_in_the_trees_shape(
    shelves: Shelves, browser: Browser
) -> None:
    versions = await tree_of(shelves)
    link = shelves.gallery(BEN, ELSEWHERE)
    _, body = await browser.get(f"{link}/thread/{versions[0].thread}/tree")
    assert [one["hidden"] for one in body["versions"]] == [True, True, True, False]
    assert [(one["column"], one["row"]) for one in body["versions"]] == [(0, 0), (1, 0), (2, 0), (1, 1)]
    grey = body["versions"][1]
    assert set(grey) == {"id", "parent", "number", "column", "row", "head", "hidden"}
    assert (await browser.bytes_of(f"{link}/picture/{grey['id']}/1"))[0] == 404
    assert (await browser.get(f"{link}/version/{versions[3].id}"))[0] == 200


async def test_stars_stand_in_the_tree(shelves: Shelves, browser: Browser) -> None:
    versions = await tree_of(shelves)
    link = shelves.thread(versions[0])
    await browser.star(link, versions[1].id)
    _, body = await browser.get(f"{link}/tree")
    assert [one["starred"] for one in body["versions"]] == [False, True, False, False]


async def test_hostile_words_come_as_they_are_and_short_where_they_stand_beside_a_picture(
    shelves: Shelves, browser: Browser
) -> None:
    prompt = MARKUP + "x" * 30_000
    made = await shelves.version(prompt, by=User("slack", "U1", MARKUP))
    link = shelves.gallery()
    _, body = await browser.get(f"{link}/list")
    assert body["items"][0]["prompt"] == prompt[:300]
    assert len(body["items"][0]["alt"]) <= 300
    assert (await browser.get(f"{link}/version/{made.id}"))[1]["prompt"] == prompt


async def test_the_longest_thread_is_laid_out(shelves: Shelves, browser: Browser) -> None:
    asset, last = await shelves.picture(), await shelves.version()
    for n in range(299):
        last = await shelves.version(f"step {n}", parent=last, assets=[asset])
    status, body = await browser.get(f"{shelves.thread(last)}/tree")
    assert (status, len(body["versions"])) == (200, 300)
    assert body["versions"][-1]["column"] == 299


async def test_a_picture_made_current_by_picking_is_told_as_a_pick(shelves: Shelves, browser: Browser) -> None:
    assets = [await shelves.picture((n, n, n)) for n in range(3)]
    first = await shelves.version("foxes", assets=assets)
    picked = await shelves.version("foxes", parent=first, kind=Kind.PICK, parent_image=3, assets=assets[2:])
    _, told = await browser.get(f"{shelves.thread(first)}/version/{picked.id}")
    assert told["made"] == "Pick of picture 3 of v1"


@pytest.mark.parametrize(
    ("url", "good"),
    [("https://a.b/c", True), ("/?channel=x#thread=y", True), ("javascript:alert(1)", False), ("//evil", False),
     ("/\\evil", False), ("", False)],
)  # fmt: skip
def test_the_way_to_the_chat_leads_to_the_web_or_stays_here(url: str, good: bool) -> None:
    assert is_web_address(url) is good


# ── From the web chat ────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_web_chat_makes_a_link_for_the_person_of_the_cookie(tmp_path: Path) -> None:
    links = Links(b"secret")
    async with open_test_house(tmp_path) as house, open_browser(house, links=links) as driver:
        me = await driver.get("/api/me")
        status, body = await driver.request("POST", "/api/link", json={"page": "gallery", "channel": "art"})
        grant = links.read(Page.GALLERY, body["url"].removeprefix("/p/gallery/"))
        assert (status, me["gallery"], grant.user.id) == (200, True, me["user"])
        assert grant.place == Place("web", "local", "art", None)
        for wrong in ({"page": "mask"}, {"page": "gallery", "channel": "../x"}, {"page": ["gallery"]}, {}):
            assert (await driver.request("POST", "/api/link", json=wrong))[0] in (400, 404)


async def test_without_pages_the_web_chat_offers_none(tmp_path: Path) -> None:
    async with open_test_house(tmp_path) as house, open_browser(house) as driver:
        assert (await driver.get("/api/me"))["gallery"] is False
        assert (await driver.request("POST", "/api/link", json={"page": "gallery"}))[0] == 404


# ── What is said of AI ───────────────────────────────────────────────────────────────────────────────────────────


async def test_the_pages_say_of_drawn_pictures_what_the_policy_says_of_ai(shelves: Shelves, browser: Browser) -> None:
    await shelves.store.set_policy("T1", Policy(disclosure="KI-Bild"))
    drawn = await shelves.version("a red fox")
    own = await shelves.version("me", kind=Kind.UPLOAD)
    _, body = await browser.get(f"{shelves.gallery()}/list")
    assert {one["id"]: one["ai"] for one in body["items"]} == {drawn.id: "KI-Bild", own.id: ""}
    for version, words in ((drawn, "KI-Bild"), (own, "")):
        _, tree = await browser.get(f"{shelves.gallery()}/thread/{version.thread}/tree")
        assert [one["ai"] for one in tree["versions"]] == [words]
        _, details = await browser.get(f"{shelves.gallery()}/version/{version.id}")
        assert details["ai"] == words
