"""Links to the web pages: what they carry, for how long, and what is no link of ours."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from bot.errors import NotFound
from bot.links import SECONDS, Grant, Links, Page
from bot.models import Place, User, new_id

ANN = User("discord", "1234567890123456789", "Ann", is_admin=True)
HERE = Place("discord", "1234567890123456788", "1234567890123456787", "1234567890123456786")
LINKS = Links(b"secret", "https://pictures.example.org/")


def token(links: Links, page: Page, grant: Grant) -> str:
    return links.make(page, grant).rsplit("/", 1)[1]


@pytest.mark.parametrize("page", list(Page))
def test_a_link_gives_back_who_and_what_it_was_made_for(page: Page) -> None:
    grant = Grant(ANN, HERE, "v1", 3, "more")
    address = LINKS.make(page, grant)
    assert address.startswith(f"https://pictures.example.org/p/{page}/")
    assert LINKS.read(page, address.rsplit("/", 1)[1]) == grant
    assert 0 < LINKS.seconds_left(page, address.rsplit("/", 1)[1]) <= SECONDS[page]


def test_the_web_chat_needs_no_address_of_its_own() -> None:
    nowhere = Links(b"secret")
    grant = Grant(User("web", "u", "Ann"), Place("web", "local", "general", "t"))
    assert nowhere.make(Page.GALLERY, grant).startswith("/p/gallery/")
    assert nowhere.reaches("web")
    assert not nowhere.reaches("slack")


@pytest.mark.parametrize("page", list(Page))
def test_a_link_opens_its_own_page_only(page: Page) -> None:
    made = token(LINKS, page, Grant(ANN, HERE, "v1"))
    for other in set(Page) - {page}:
        with pytest.raises(NotFound, match="not complete"):
            LINKS.read(other, made)


@pytest.mark.parametrize(
    "change", [lambda one: one[:-1], lambda one: one + "x", str.swapcase, lambda _: "", lambda one: one * 9]
)
def test_a_changed_link_opens_nothing(change: Callable[[str], str]) -> None:
    made = token(LINKS, Page.MASK, Grant(ANN, HERE, "v1"))
    with pytest.raises(NotFound, match="not complete"):
        LINKS.read(Page.MASK, change(made))


def test_a_link_of_another_house_opens_nothing() -> None:
    with pytest.raises(NotFound):
        LINKS.read(Page.MASK, token(Links(b"other secret"), Page.MASK, Grant(ANN, HERE, "v1")))


@pytest.mark.parametrize(("page", "minutes"), [(Page.MASK, 10), (Page.EXPORT, 60), (Page.GALLERY, 60)])
def test_an_old_link_says_for_how_long_it_was_good(page: Page, minutes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = token(LINKS, page, Grant(ANN, HERE, "v1"))
    later = time.time() + SECONDS[page] + 2
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(NotFound, match=f"good for {minutes} minutes"):
        LINKS.read(page, made)


@pytest.mark.parametrize(
    "name", ["Ann", "漢" * 400, "😀😁😂🤣😃😄😅😆😉😊😋😎😍😘🥰😗😙😚🙂🤗🤩🤔🤨😐😑😶🙄😏😣😥", "", "\ud800", '"],[0']
)
def test_every_name_fits_into_the_512_characters_that_discord_takes(name: str) -> None:
    person = User("discord", ANN.id, name)
    more = json.dumps([["png", "jpeg", "webp"], [1024, 2048, 3840, 64, 512, 333, 777, 4000, 5000, 6000]])
    grant = Grant(person, HERE, new_id(), 16, more)
    address = LINKS.make(Page.EXPORT, grant)
    assert len(address) <= 512
    assert LINKS.read(Page.EXPORT, address.rsplit("/", 1)[1]).user.id == ANN.id
