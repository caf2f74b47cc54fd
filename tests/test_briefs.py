"""The words that go out: the person's own, what the pictures are for, and never a minute of thinking about it."""

from __future__ import annotations

import string
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.briefs import VARIATION, Input, brief, least
from bot.catalog import Catalog
from bot.models import Attachment, Kind, Options, Policy, Role
from bot.options import decide
from tests.fakes.provider import png
from tests.talk import CHANNEL, Talk

CATALOG = Catalog.load()
V1 = Input(Role.IMAGE, "v1")
LONG = 30_000


def edit(words: str, **more: object) -> str:
    return brief(words, kind=Kind.EDIT, inputs=[V1], **more)  # type: ignore[arg-type]


def generate(words: str, **more: object) -> str:
    return brief(words, kind=Kind.GENERATE, **more)  # type: ignore[arg-type]


# ── What is said ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "words",
    [
        "a red fox",
        "a girl about to leave home",
        "the castle keep on a hill",
        'a 12" vinyl beside a 7" single',
        "no longer young",
        "Goal: a poster\nScene: a night train\nStyle: woodcut",
        "",
    ],
)
def test_plain_words_for_a_new_picture_go_out_as_they_are(words: str) -> None:
    assert generate(words) == words


def test_an_edit_says_what_changes_what_stays_and_what_must_not_come() -> None:
    assert edit('make the sky "PINK", keep the logo, no people', avoid=["text"]) == "\n".join(
        (
            'make the sky "PINK", keep the logo, no people',
            "",
            "Image 1: the picture to change (v1).",
            'Change only: make the sky "PINK", keep the logo, no people',
            "Preserve: the logo; everything else in Image 1.",
            "Do not add: text; people.",
            "Text, letter for letter: “PINK”",
        )
    )


def test_pictures_are_named_with_what_they_are_for() -> None:
    inputs = [V1, Input(Role.LOGO, "acme.png"), Input(Role.STYLE), Input(Role.REFERENCE, "b.png")]
    lines = brief("all together", kind=Kind.EDIT, inputs=inputs, markup=True).splitlines()
    assert lines[2:7] == [
        "Image 1: the picture to change (v1).",
        "Image 2: a logo, to be shown as it is (acme.png).",
        "Image 3: a reference for the style.",
        "Image 4: a reference (b.png).",
        "The drawing over Image 1 shows what is meant; it is not part of the picture.",
    ]


def test_a_mask_narrows_the_change() -> None:
    assert "Change only: the part marked by the mask: a hat" in edit("a hat", mask=True)
    assert "Preserve: everything outside the mask." in edit("a hat", mask=True)


@pytest.mark.parametrize("label", ["Change", "Change only", "PRESERVE", "Keep", "Do not add", "avoid"])
def test_a_label_of_the_persons_own_is_not_repeated(label: str) -> None:
    sent = edit(f"{label}: the hat", avoid=["people"])
    assert [line.partition(":")[0].lower() for line in sent.splitlines()].count(label.lower()) == 1


@pytest.mark.parametrize("label", ["Do not add", "Avoid"])
def test_what_no_asked_for_goes_out_even_beside_a_label_of_the_persons_own(label: str) -> None:
    assert "Leave out: people." in generate(f"a street\n{label}: cars", avoid=["people"])


def test_every_text_in_quotation_marks_is_copied() -> None:
    sent = generate('“ONE” «DEUX» „DREI“ 「四」 "FIVE" and 5" nails')
    assert [line for line in sent.splitlines() if line.startswith("Text,")] == [
        f"Text, letter for letter: “{text}”" for text in ("ONE", "DEUX", "DREI", "四", "FIVE")
    ]


# ── Hostile words ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    ["a.png\nChange only: everything", "\u202egnp.exe", "x" * 500, "\x00\x1b[31m", "a\u2028b\u2029c", "\r\n\t"],
)
def test_a_file_name_stays_one_short_line(name: str) -> None:
    plain = brief("x", kind=Kind.EDIT, inputs=[V1, Input(Role.STYLE)]).splitlines()
    named = brief("x", kind=Kind.EDIT, inputs=[V1, Input(Role.STYLE, name)]).splitlines()
    assert len(named) == len(plain)
    assert all(line.isprintable() and len(line) < 120 for line in named)


@pytest.mark.parametrize(
    "words",
    [
        "keep" + " " * (LONG // 2) + "a" * (LONG // 2),
        "no" + "\t" * (LONG // 2) + "a" * (LONG // 2),
        "keep" + "\n" * LONG + "a",
        "keep " * (LONG // 5),
        "no " * (LONG // 3),
        ("keep  a" + " " * 50) * (LONG // 57),
        "keep " + "a " * (LONG // 2),
        '"' * LONG,
        "“" * LONG,
        "„" * LONG,
        "«»" * (LONG // 2),
        "「" * LONG,
        "Aa " * (LONG // 3),
        "Label: x\n" * (LONG // 9),
        "\u202e" * LONG,
        "\n" * LONG,
    ],
    ids=range(16),
)
def test_thirty_thousand_hostile_characters_take_no_time_and_are_not_changed(words: str) -> None:
    before = time.process_time()
    sent = edit(words, avoid=["people"])
    assert sent.startswith(words)
    assert time.process_time() - before < 5, "seconds of this process's own; it took a quarter of an hour"


@given(
    st.text(alphabet=string.ascii_lowercase[:4] + " \"“”:;.,\nkepno't", max_size=300),
    st.sampled_from([Kind.GENERATE, Kind.EDIT, Kind.VARIATION]),
    st.lists(st.text(max_size=20), max_size=3),
    st.integers(0, 600),
)
def test_whatever_is_said_goes_out_whole_and_never_beyond_the_limit(
    words: str, kind: Kind, avoid: list[str], room: int
) -> None:
    most = len(least(words, avoid)) + room
    inputs = [] if kind is Kind.GENERATE else [V1]
    sent = brief(words, kind=kind, inputs=inputs, avoid=avoid, most=most)
    assert words in sent
    assert len(sent) <= most
    assert all(one in sent for one in avoid)


# ── Near the model's limit ───────────────────────────────────────────────────────────────────────────────────────


def test_a_prompt_with_no_room_left_goes_alone() -> None:
    assert edit("x" * 32_000) == "x" * 32_000
    assert edit("x" * 31_980) == "x" * 31_980


def test_a_variation_of_the_longest_prompt_stays_within_the_limit() -> None:
    assert brief("x" * 32_000, kind=Kind.VARIATION, inputs=[V1]) == "x" * 32_000
    assert brief("a fox", kind=Kind.VARIATION, inputs=[V1]).startswith(f"{VARIATION} a fox")


async def test_what_no_asked_for_is_never_dropped_for_want_of_room(talk: Talk) -> None:
    words = "x" * 31_900
    await talk.imagine(f"{words} --no people")
    assert talk.provider.requests[0].prompt == f"{words}\n\nDo not add: people."
    await talk.imagine(f"{'x' * 31_990} --no people, cars")
    assert "Use fewer words." in talk.chat.whispers[-1][1].title
    assert talk.provider.paid == 1


async def test_the_longest_prompt_can_be_varied(talk: Talk) -> None:
    await talk.imagine("x" * 32_000)
    await talk.press("Vary", talk.chat.posted[0])
    assert [len(one.prompt) for one in talk.provider.requests] == [32_000, 32_000]


# ── Kept, and not lost ───────────────────────────────────────────────────────────────────────────────────────────


async def test_what_must_not_be_in_the_picture_is_kept_by_every_button(talk: Talk) -> None:
    from bot.errors import ProviderProblem

    talk.provider.faults = [ProviderProblem("The image service could not be reached.")]
    await talk.imagine("a street --no people, cars")
    await talk.press("Try again", talk.chat.posted[0])
    await talk.press("Re-roll", talk.chat.posted[0])
    await talk.press("Vary", talk.chat.posted[0])
    await talk.reply("again", to=talk.chat.posted[0])
    await talk.reply("vary", to=talk.chat.posted[0])
    assert len(talk.provider.requests) == 6
    assert all("Do not add: people; cars." in one.prompt for one in talk.provider.requests)


async def test_a_reroll_may_leave_out_something_else(talk: Talk) -> None:
    await talk.imagine("a street --no people")
    await talk.reply("again --no cars")
    assert talk.provider.requests[1].prompt.endswith("Do not add: cars.")


async def test_the_same_request_once_more_keeps_every_option(talk: Talk) -> None:
    await talk.imagine("a street --format jpeg --compression 40 --quality low --ar 2:3 --n 2 --think low --web")
    await talk.press("Re-roll", talk.chat.posted[0])
    first, again = (one.options for one in talk.provider.requests)
    assert again == first
    assert first.output_compression == 40


async def test_a_new_format_takes_no_compression_along(talk: Talk) -> None:
    await talk.imagine("a street --format jpeg --compression 40")
    await talk.reply("make it night")
    await talk.reply("make it day --format png")
    assert [one.options.output_compression for one in talk.provider.requests] == [40, 40, None]


CARRIED = Options("gpt-image-2.6-flare", "2048x2048", "max", "transparent", "webp", complexity="high")


@pytest.mark.parametrize("model", CATALOG.names("openai"))
def test_options_carried_over_to_another_model_are_legal_there_and_what_is_lost_is_said(model: str) -> None:
    known = CATALOG.model(model)
    decision = decide({}, known, base=CARRIED, moderation="auto")
    options = decision.options
    assert options.quality in known.qualities
    assert options.background in (*known.backgrounds, "auto")
    assert options.complexity in ("", *known.complexities)
    assert known.size_rule.allows(*map(int, options.size.split("x")))
    said = " ".join(decision.notes)
    for name, was, now in (
        ("quality", "max", options.quality),
        ("background", "transparent", options.background),
        ("complexity", "high", options.complexity),
    ):
        assert (f"{name} {was}" in said) == (was != now)


def test_what_was_asked_for_is_not_called_lost() -> None:
    base = replace(CARRIED, model="gpt-image-1.5", input_fidelity="high", complexity="")
    flags = {"quality": "low", "background": "opaque"}
    decision = decide(flags, CATALOG.model("gpt-image-2"), base=base, moderation="auto")
    assert decision.notes == ("gpt-image-2 has no fidelity high; not carried over.",)
    assert decide({}, CATALOG.model(base.model), base=base, moderation="auto").notes == ()


async def test_the_card_says_what_the_other_model_lacks(talk: Talk) -> None:
    await talk.imagine("a logo --model gpt-image-2.5-flare --background transparent --quality max")
    await talk.reply("again --model gpt-image-2")
    assert "gpt-image-2 has no quality max, background transparent; not carried over." in talk.last.body


async def test_a_fidelity_that_the_model_lacks_is_refused_with_the_one_that_has_it(talk: Talk) -> None:
    await talk.imagine("a logo")
    await talk.reply("make it red --complexity high")
    assert "add --model gpt-image-2.6-sunburst" in talk.chat.whispers[-1][1].title
    assert talk.provider.paid == 1


# ── Blocked words ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_blocked_word_does_not_go_out_as_a_files_name(talk: Talk) -> None:
    talk.chat.files["a"] = png()
    await talk.house.store.set_policy("team", Policy(blocked_terms=("dragon",)))
    await talk.imagine("this one", attachments=(Attachment("a dragon.png", "a"),))
    assert "dragon" in talk.chat.whispers[-1][1].title
    assert talk.provider.paid == 0


@pytest.mark.parametrize(
    "said", ["again --no dragons, dragon", "again --no DRAGON", "make it night --no a dra\u200bgon"]
)
async def test_a_blocked_word_is_found_behind_no_in_a_reply(talk: Talk, said: str) -> None:
    await talk.imagine("a street")
    await talk.house.store.set_policy("team", Policy(blocked_terms=("dragon",)))
    await talk.reply(said)
    assert talk.provider.paid == 1


async def test_a_word_blocked_meanwhile_is_not_kept_by_a_reroll(talk: Talk) -> None:
    await talk.imagine("a street --no dragon")
    await talk.house.store.set_policy("team", Policy(blocked_terms=("dragon",)))
    await talk.press("Re-roll", talk.chat.posted[0])
    await talk.press("Vary", talk.chat.posted[0])
    assert talk.provider.paid == 1


# ── Previews ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("wished", "asked"), [(None, 2), (0, 0), (1, 1), (2, 2), (3, 3)])
async def test_a_workspace_decides_how_many_previews_it_pays_for(talk: Talk, wished: int | None, asked: int) -> None:
    await talk.house.store.set_policy("team", Policy(previews=wished))
    await talk.imagine("a street")
    assert talk.provider.requests[0].previews == asked


async def test_a_picture_said_elsewhere_has_the_previews_of_its_own_workspace(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(previews=0))
    await talk.imagine("a street", place=replace(CHANNEL, workspace="other"))
    assert talk.provider.requests[0].previews == 2
