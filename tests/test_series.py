"""A series: the first panel, then the others with its picture along; what fails, stops or is asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cards import Card, Tone
from bot.catalog import Catalog
from bot.errors import BadInput, OutcomeUnknown, ProviderProblem, RateLimited, Refused
from bot.models import Attachment, Kind, Options, Policy, Role, Spent, Version
from bot.panels import MOST, check_series, panels_of, quotes_before, rounds
from bot.ports import ImageRequest, Preview, Result, Step
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider, png
from tests.harness import open_test_house
from tests.talk import ALICE, BOB, Talk

FOX = 'a fox in the snow, ink drawing --series "the fox wakes | it finds a coin | it buys bread"'
EACH = 30_000  # micro-dollars the fake service reports for a picture


class Panelist(FakeProvider):
    """Does to each panel as it is told: by its number raises an error, or waits."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: dict[int, BaseException] = {}
        self.waits: dict[int, asyncio.Event] = {}
        self.begun: list[int] = []
        self.sent: list[int] = []  # and now waiting for the answer
        self.at_once = self.most_at_once = 0

    async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        number = panel_of(request)
        self.begun.append(number)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if number in self.errors:
                await request.may_send()
                raise self.errors.pop(number)
            if number in self.waits:
                await request.may_send()
                self.sent.append(number)
                await self.waits[number].wait()
            await asyncio.sleep(0)
            async for step in super().generate(request):
                yield step
        finally:
            self.at_once -= 1


def panel_of(request: ImageRequest) -> int:
    """Which panel it is, 0 for none."""
    _, panel, told = request.prompt.rpartition("\nPanel ")
    return int(told.partition(" ")[0]) if panel else 0


@asynccontextmanager
async def talking(folder: Path, **more: int) -> AsyncIterator[Talk]:
    provider, chat = Panelist(), FakeChat()
    async with open_test_house(folder, provider, model="gpt-image-2", **more) as house:
        yield Talk(house, chat, provider, house.studio(chat))


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with talking(tmp_path) as one:
        yield one


def panelist(talk: Talk) -> Panelist:
    assert isinstance(talk.provider, Panelist)
    return talk.provider


def request_for(talk: Talk, panel: int) -> ImageRequest:
    return next(one for one in reversed(talk.provider.requests) if panel_of(one) == panel)


def inputs_for(talk: Talk, panel: int) -> list[bytes]:
    """What went along with the newest request for a panel; 0: for a picture that is none."""
    asked = zip(talk.provider.requests, talk.provider.inputs, strict=True)
    return [data for one, data in asked if panel_of(one) == panel][-1]


def file_of(talk: Talk, asset: str) -> bytes:
    (path,) = talk.house.folder.glob(f"blobs/*/*/{asset}.*")
    return path.read_bytes()


async def spent(talk: Talk) -> Spent:
    return await talk.house.store.spent("team", ALICE, since=0)


async def only_version(talk: Talk) -> Version:
    (version,) = await talk.versions()
    return version


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.005)


def button(card: Card, label: str) -> bool:
    return any(one.label == label for one in card.buttons)


# ── Making one ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_series_is_one_card_with_a_picture_for_each_panel(talk: Talk) -> None:
    await talk.imagine(FOX)
    (posted,) = talk.chat.posted
    assert posted.card.title == "v1 · series of 3 panels"
    assert [image.alt for image in posted.card.images] == [
        "AI-made, panel 1 of 3: the fox wakes",
        "AI-made, panel 2 of 3: it finds a coin",
        "AI-made, panel 3 of 3: it buys bread",
    ]
    assert all(button(posted.card, label) for label in ("Pick 3", "Redo a panel", "Contact sheet"))
    assert not button(posted.card, "Vary")
    version = await only_version(talk)
    assert (version.kind, version.prompt) == (Kind.SERIES, "a fox in the snow, ink drawing")
    assert version.panels == ("the fox wakes", "it finds a coin", "it buys bread")
    assert version.panel_of == (1, 2, 3)
    assert talk.provider.paid == 3


async def test_the_first_panel_goes_along_with_all_others_as_their_subject(talk: Talk) -> None:
    await talk.imagine(FOX)
    version = await only_version(talk)
    assert panelist(talk).begun[0] == 1
    assert inputs_for(talk, 1) == []
    for panel in (2, 3):
        assert inputs_for(talk, panel) == [file_of(talk, version.images[0])]
        assert [(one.name, one.role) for one in request_for(talk, panel).images] == [("panel 1", Role.SUBJECT)]


async def test_the_words_of_the_person_are_sent_as_they_are_with_what_a_panel_needs_below(talk: Talk) -> None:
    await talk.imagine(FOX + " --no people")
    assert request_for(talk, 1).prompt == (
        "a fox in the snow, ink drawing\nthe fox wakes\n\nDo not add: people.\n"
        "Panel 1 of 3 of a series; draw this panel only."
    )
    assert request_for(talk, 2).prompt == (
        "a fox in the snow, ink drawing\nit finds a coin\n\nImage 1: a reference for the subject (panel 1).\n"
        "Do not add: people.\n"
        "Panel 2 of 3 of a series; draw this panel only. Keep the characters and the style of Image 1."
    )
    version = await only_version(talk)
    assert all(request_for(talk, panel).prompt in version.sent for panel in (1, 2, 3))


async def test_the_placeholder_says_how_many_and_then_which_panel_with_those_that_are_there(talk: Talk) -> None:
    gate = panelist(talk).waits[2] = panelist(talk).waits[3] = asyncio.Event()
    asking = asyncio.create_task(talk.imagine(FOX))
    await until(lambda: bool(talk.chat.posted) and "Panel 2 of 3." in talk.last.body and bool(talk.last.images))
    assert talk.chat.posted[0].history[0].title == "Making your series of 3"
    assert talk.last.images[0].number == 1
    gate.set()
    await asking


async def test_no_more_than_three_panels_are_in_work_at_once(talk: Talk) -> None:
    gate = asyncio.Event()
    panelist(talk).waits = dict.fromkeys(range(2, 13), gate)
    asking = asyncio.create_task(talk.imagine("a fox --series " + " | ".join(f"scene {one}" for one in range(1, 13))))
    await until(lambda: panelist(talk).at_once == 3)
    gate.set()
    await asking
    assert panelist(talk).most_at_once == 3
    assert talk.provider.paid == 12


async def test_panels_may_stand_without_quotation_marks_at_the_end(talk: Talk) -> None:
    await talk.imagine("a fox --quality low --series it wakes | it eats")
    version = await only_version(talk)
    assert (version.panels, version.options.quality) == (("it wakes", "it eats"), "low")


async def test_flags_may_follow_the_panels(talk: Talk) -> None:
    await talk.imagine("a fox --series it wakes | it eats --ar 2:3")
    version = await only_version(talk)
    assert (version.panels, version.options.size) == (("it wakes", "it eats"), "1024x1536")


async def test_references_go_along_with_every_panel(talk: Talk) -> None:
    talk.chat.files = {"f1": png(70, 70)}
    await talk.imagine(FOX, attachments=(Attachment("style.png", "f1", role=Role.STYLE),))
    names = [[one.name for one in request_for(talk, panel).images] for panel in (1, 2)]
    assert names == [["style.png"], ["panel 1", "style.png"]]


async def test_a_reply_makes_a_series_of_the_picture_replied_to(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply('the same fox --series "it wakes | it eats"')
    first, series = await talk.versions()
    assert (series.kind, series.parent) == (Kind.SERIES, first.id)
    fox = file_of(talk, first.images[0])
    assert inputs_for(talk, 1) == [fox]
    assert inputs_for(talk, 2) == [file_of(talk, series.images[0]), fox]
    assert talk.last.title == "v2 · series of 2 panels, from v1"


async def test_a_series_starts_over_in_a_thread(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply('new: a whale --series "it sings | it dives"')
    assert (await talk.versions())[1].parent is None
    assert (await talk.versions())[1].panels == ("it sings", "it dives")


async def test_again_with_panels_turns_a_picture_into_a_series(talk: Talk) -> None:
    await talk.imagine("a fox --n 2")
    await talk.reply('--series "it wakes | it eats | it sleeps"')
    series = (await talk.versions())[1]
    assert (series.prompt, len(series.images), series.kind) == ("a fox", 3, Kind.SERIES)


# ── What cannot be ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ('a fox --series ""', "--series needs its panels"),
        ("a fox --series", "--series needs its panels"),
        ('a fox --series "it wakes"', "That is 1 panel; a series has 2 to 12"),
        ("a fox --series " + "|".join("x" * 13), "That is 13 panels; a series has 2 to 12"),
        ("a fox --series it wakes || it eats", "Panel 2 of the series is empty"),
        ("a fox --series it wakes | ", "Panel 2 of the series is empty"),
        (f"a fox --series {'x' * 1001} | it eats", "Panel 1 has 1,001 characters; 1,000 is the most"),
        ("a fox --series " + "|" * 30_000, "panels; a series has 2 to 12"),
        ("a fox --region left --series a | b", "drawn whole; leave out the region"),
    ],
)
async def test_panels_that_cannot_be_are_one_clear_sentence_for_nothing(talk: Talk, words: str, says: str) -> None:
    await talk.imagine(words)
    ((_, card),) = talk.chat.whispers
    assert says in card.title
    assert card.title.endswith("Nothing was charged.")
    assert len(card.title) < 200
    assert talk.chat.posted == []
    assert talk.provider.requests == []
    assert await spent(talk) == Spent(0, 0)


async def test_hostile_panels_are_shown_and_sent_as_they_are(talk: Talk) -> None:
    panels = ["<!channel> @everyone", "[x](javascript:alert(1))", "\u202egnp.\u202c \u0000 --- {0}", "“Panel 9 of 9”"]
    await talk.imagine("a fox --series " + " | ".join(panels))
    version = await only_version(talk)
    assert list(version.panels) == [one.replace("\0", "") for one in panels]  # which no service takes
    assert all(panel in request_for(talk, n).prompt for n, panel in enumerate(version.panels, start=1))


async def test_a_blocked_word_in_a_panel_is_refused_before_anything_is_asked(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(blocked_terms=("dragon",)))
    await talk.imagine("a fox --series it wakes | it meets a dragon")
    assert talk.chat.whispers[0][1].tone is Tone.REFUSAL
    assert talk.provider.requests == []


async def test_a_series_over_the_quota_is_refused_before_anything_is_drawn(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(images_per_day=2))
    await talk.imagine(FOX)
    assert "3 panels asked, 2 left today" in talk.chat.whispers[0][1].title
    assert talk.provider.requests == []
    assert await spent(talk) == Spent(0, 0)


async def test_n_beside_a_series_is_named_as_ignored(talk: Talk) -> None:
    await talk.imagine("a fox --n 4 --series it wakes | it eats")
    assert "--n was ignored" in talk.last.body
    assert talk.provider.paid == 2


def test_a_model_without_inputs_cannot_keep_a_character() -> None:
    model = Catalog.load().model("gpt-image-2")
    with pytest.raises(BadInput, match="takes no pictures along"):
        check_series(replace(model, max_references=0), Kind.GENERATE, masked=False)


def test_the_panels_are_what_stands_between_the_bars() -> None:
    assert panels_of(" a | b｜ c ") == ("a", "b", "c")
    assert len(panels_of("|".join("x" * MOST))) == MOST
    assert [rounds(count) for count in (1, 2, 4, 5, 12)] == [1, 2, 2, 3, 5]


# ── Money ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_reservation_holds_all_panels_in_images_and_in_money(talk: Talk) -> None:
    gate = asyncio.Event()
    panelist(talk).waits = {1: gate}
    asking = asyncio.create_task(talk.imagine(FOX))
    await until(lambda: bool(panelist(talk).begun))
    reserved = await spent(talk)
    assert reserved.images == 3
    gate.set()
    await asking
    assert await spent(talk) == Spent(3, 3 * EACH)
    version = await only_version(talk)
    assert (version.cost, version.cost_is_estimate) == (3 * EACH, False)
    assert version.usage
    assert version.usage.output_image_tokens == 3000


async def test_what_is_reserved_is_what_the_price_list_says(talk: Talk) -> None:
    talk.provider.usage = None  # the service does not say, so the estimate is booked
    await talk.imagine(FOX)
    version = await only_version(talk)
    model = Catalog.load().model("gpt-image-2")
    options = Options("gpt-image-2", version.options.size, version.options.quality)
    quotes = quotes_before(version.prompt, version.panels, options, inputs=0, previews=2, model=model)
    assert version.cost == sum(one.cost for one in quotes)
    assert version.cost_is_estimate
    assert [one.image_in for one in quotes] == [0, 1536, 1536]


# ── Failures ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_refused_panel_does_not_lose_the_others_and_is_not_charged(talk: Talk) -> None:
    panelist(talk).errors[2] = Refused("This was refused.", category="violence", stage="prompt")
    await talk.imagine(FOX)
    version = await only_version(talk)
    assert (version.panel_of, len(version.images)) == ((1, 3), 2)
    assert version.missing == ("Panel 2 was refused (violence) and was not charged. Ask for it again: redo panel 2.",)
    assert version.missing[0] in talk.last.body
    assert talk.last.title == "v1 · series of 2 of 3 panels"
    alts = ["AI-made, panel 1 of 3: the fox wakes", "AI-made, panel 3 of 3: it buys bread"]
    assert [image.alt for image in talk.last.images] == alts
    assert button(talk.last, "Pick 2 (panel 3)")
    assert await spent(talk) == Spent(2, 2 * EACH)


async def test_an_answer_lost_on_the_way_is_booked_as_its_estimate(talk: Talk) -> None:
    panelist(talk).errors[3] = OutcomeUnknown("The image service did not answer in time.")
    await talk.imagine(FOX)
    version = await only_version(talk)
    assert "Panel 3 failed (The image service did not answer in time) and may be billed" in version.missing[0]
    assert version.cost > 2 * EACH
    assert version.cost_is_estimate
    assert await spent(talk) == Spent(2, version.cost)
    (found,) = await talk.house.store.unknowns("team")
    await talk.house.store.resolve_unknown(found.job, 2 * EACH, "cli:admin")
    assert await spent(talk) == Spent(2, 2 * EACH)


async def test_a_busy_service_costs_only_the_panel_it_turned_away(talk: Talk) -> None:
    panelist(talk).errors = {2: RateLimited("The image service is busy.", retry_after=1), 3: RuntimeError("boom")}
    await talk.imagine(FOX)
    version = await only_version(talk)
    assert version.panel_of == (1,)
    assert "Panel 2 failed (The image service is busy) and was not charged." in version.missing[0]
    assert "Panel 3 failed" in version.missing[1]
    assert "boom" not in talk.last.body


@pytest.mark.parametrize("error", [Refused("This was refused."), ProviderProblem("The image service failed.")])
async def test_when_the_first_panel_fails_nothing_else_is_drawn_or_charged(talk: Talk, error: Exception) -> None:
    panelist(talk).errors[1] = error
    await talk.imagine(FOX)
    assert panelist(talk).begun == [1]
    assert talk.last.title == f"{error} Nothing was charged."
    assert await spent(talk) == Spent(0, 0)


async def test_when_the_first_answer_is_lost_only_that_panel_may_be_billed(talk: Talk) -> None:
    panelist(talk).errors[1] = OutcomeUnknown("The image service did not answer in time.")
    await talk.imagine(FOX)
    used = await spent(talk)
    assert used.images == 0
    assert 0 < used.cost < 70_000, "one panel's estimate of three"
    assert f"${used.cost / 1e6:.3f}" in talk.last.title


async def test_try_again_draws_the_same_series(talk: Talk) -> None:
    panelist(talk).errors[1] = ProviderProblem("The image service failed.")
    await talk.imagine(FOX)
    await talk.press("Try again", talk.chat.posted[0])
    version = await only_version(talk)
    assert version.panels == ("the fox wakes", "it finds a coin", "it buys bread")


async def test_damaged_bytes_of_a_panel_leave_the_others(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Damaging(Panelist):
        async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
            async for step in super().generate(request):
                if isinstance(step, Result) and panel_of(request) == 2:
                    step.images[0].path.write_bytes(b"not a picture")
                yield step

    talk.provider.__class__ = Damaging
    await talk.imagine(FOX)
    version = await only_version(talk)
    assert version.panel_of == (1, 3)
    assert "Panel 2 failed" in version.missing[0]


async def test_a_series_with_a_hole_is_not_offered_to_the_next_who_asks(talk: Talk) -> None:
    panelist(talk).errors[2] = Refused("no", category="violence")
    await talk.imagine(FOX)
    await talk.imagine(FOX, who=BOB)
    assert talk.last.title == "v1 · series of 3 panels"


async def test_a_whole_series_is_offered_to_the_next_who_asks(talk: Talk) -> None:
    await talk.imagine(FOX)
    await talk.imagine(FOX, who=BOB)
    assert "This was made before" in talk.last.title
    await talk.press("Use this one", talk.chat.posted[-1], who=BOB)
    assert len(talk.last.images) == 3
    assert talk.provider.paid == 3


# ── Stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def half_drawn(talk: Talk) -> tuple[asyncio.Task[None], asyncio.Event]:
    """The first panel is there, the second and third are asked for, the fourth not yet."""
    gate = asyncio.Event()
    panelist(talk).waits = dict.fromkeys((2, 3, 4), gate)
    asking = asyncio.create_task(talk.imagine("a fox --series it wakes | it eats | it runs | it naps | it ends"))
    await until(lambda: len(panelist(talk).sent) == 3)
    return asking, gate


async def test_cancelling_keeps_the_panels_that_are_there_and_sends_no_more(talk: Talk) -> None:
    asking, _ = await half_drawn(talk)
    await talk.press("Cancel", talk.chat.posted[0])
    await asking
    version = await only_version(talk)
    assert (version.panel_of, sorted(panelist(talk).begun)) == ((1,), [1, 2, 3, 4])
    assert "Panel 2 was lost when this was stopped; the team may be billed for it." in talk.last.body
    assert "Panel 5 was not drawn any more and not charged." in talk.last.body
    assert talk.last.tone is Tone.DONE
    used = await spent(talk)
    assert (used.images, used.cost) == (4, version.cost), "what was sent counts for who cancelled it"
    assert version.cost_is_estimate
    assert version.cost > 4 * EACH


async def test_cancelling_before_the_first_panel_is_there_ends_the_series(talk: Talk) -> None:
    panelist(talk).waits = {1: asyncio.Event()}
    asking = asyncio.create_task(talk.imagine(FOX))
    await until(lambda: panelist(talk).at_once == 1)
    await talk.press("Cancel", talk.chat.posted[0])
    await asking
    assert talk.last.title.startswith("Cancelled.")
    used = await spent(talk)
    assert used.images == 1
    assert 0 < used.cost < 70_000
    assert panelist(talk).begun == [1]


async def test_a_stop_in_the_middle_keeps_and_shows_what_is_there(talk: Talk) -> None:
    asking, _ = await half_drawn(talk)
    await talk.house.stop(grace=0)
    await asking
    version = await only_version(talk)
    assert version.panel_of == (1,)
    assert talk.last.title == "v1 · series of 1 of 5 panels"
    assert (await spent(talk)).images == 1, "nobody cancelled it"


@pytest.mark.parametrize("moment", range(15))
async def test_whenever_it_is_cancelled_the_books_say_what_is_there(talk: Talk, moment: int) -> None:
    asking = asyncio.create_task(talk.imagine(FOX))
    await until(lambda: bool(panelist(talk).begun))
    for _ in range(moment):
        await asyncio.sleep(0.0005)
    (posted,) = talk.chat.posted
    if button(posted.card, "Cancel"):
        await talk.press("Cancel", posted)
    await asking
    await until(lambda: posted.card.tone is not Tone.PROGRESS)
    versions = await talk.versions()
    used = await spent(talk)
    lost = sum("was lost" in sentence for one in versions for sentence in one.missing)
    if not versions:  # cancelled before there was anything to keep: what was sent counts
        lost = used.images
        assert lost <= len(panelist(talk).begun)
    assert used.images - lost == sum(len(one.images) for one in versions) == len(posted.card.images)
    assert used.cost >= talk.provider.paid * EACH, "what is paid for is in the books"
    assert all(used.cost == one.cost for one in versions)
