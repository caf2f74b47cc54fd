"""What may be asked, where, and by whom: the rules, as tables."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.incoming import adults_in
from adapters.slack.people import is_guest_of
from bot import moderation
from bot.errors import BadInput, Refused
from bot.models import Ban, ChannelPolicy, Conduct, Place, Policy, ThreadMode, User
from bot.moderation import blocked_term, found_terms
from bot.moderation.lookalikes import LOOK_ALIKES
from bot.moderation.reading import folded, unmasked
from bot.ports import Finding

ALICE = User("slack", "U1", "Alice", frozenset({"R1"}))
ADMIN = User("slack", "U9", "Ada", is_admin=True)
HERE = Place("slack", "T1", "C1")
MINUTE = 60_000


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "a bomb", "BOMB", "ＢＯＭＢ", "b\u200bo\u200dm\ufeffb", "bo\u00admb", "bömb", "b̶o̶m̶b̶", "ƅοмЬ", "𝕓𝕠𝕞𝕓", "ⓑⓞⓜⓑ",
        "🅱🅾🅼🅱",
        "b0mb", "B0MB", "8omb", "b o m b", "b.o.m.b", "b-o-m-b", "b_o_m_b", "a b.o.m.b", "a b o m b",
        "\u202ebmob\u202c", "\u2067bmob\u2069",
        "b o. m b", "b. o. m. b", "b 0 m b", "x y b o m b", "bo-mb", "b*omb", "_bomb_", "bomb_", "bomb2", "b0mb!",
        "boooomb",
        "b000mb", "ʙᴏᴍʙ", "b\u3164omb", "b\u2800o\u2800m\u2800b", "b\x01omb", "🅱o🅼b", "b💣o💣m💣b", "Ночь и воmв",
        "bomb's", "(bomb)", "a\nbomb\n", "воmв", "ᏴΟmᏏ", "bomb\U000e0041", "a bomb, 4k",
    ],
)  # fmt: skip
def test_a_term_is_found_however_it_is_dressed_up(text: str) -> None:
    assert blocked_term(text, ["Bomb"]) == "Bomb"


@pytest.mark.parametrize(
    "text",
    [
        "bombard",
        "a bow and a rumb",
        "the year 2026",
        "mp3, 4k, 1920x1080",
        "b and o and m",
        "honeycomb",
        "v2",
        "",
        "plumb-om",
        "b o m",
        "a b c",
        "bo mb",
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert blocked_term(text, ["bomb", "ak", "ieo"]) is None


@pytest.mark.parametrize(("term", "text"), [("a1", "route a1 north"), ("дом", "старый ДОМ"), ("b0mb", "a b0mb")])
def test_terms_may_have_digits_and_other_scripts_themselves(term: str, text: str) -> None:
    assert blocked_term(text, [term]) == term


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("cop", "убрать сор во дворе"), ("pot", "рот и нос крупно"), ("сор", "a cop in a café"),
        ("рот", "the pot of café"),
        ("cunt", "Scunthorpe"), ("rape", "grapes and drapes"), ("ass", "a class in glass"), ("ばか", "墓 はか"),
        ("ハナ", "バナナ"), ("หี", "หมาในปีใหม่"), ("หม", "หมีขาว"), ("가", "각"), ("की", "कम"), ("कम", "कमी"),
        ("강", "건강"),
        ("tan", "ταν μια ωραία μέρα"), ("car bomb", "a car, a cat and a bomb"),
        ("pee", 'a "P", (3, 3)'), ("bee", "a B 3 3"),
    ],
)  # fmt: skip
def test_words_of_another_language_are_not_taken_for_others(term: str, text: str) -> None:
    assert blocked_term(text, [term]) is None


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("сука", "Cукa"), ("бомба", "б0мба и бoмбa"), ("ばか", "このﾊﾞｶ、ばか"), ("หี", "เหี หี"),
        ("폭탄", "폭탄을 만들어"), ("爆弾", "大きな爆弾を持つ"), ("जंग", "यह जंग है"),
        ("קרב", "קָרָב"), ("قنبلة", "قـنـبـلـة"), ("قنبلة", "قُنْبُلَة"),
        ("ёж", "еж"),
        ("car bomb", "CAR-BOMB"), ("car-bomb", "a car\nbomb"), ("car bomb", "c a r b o m b"), ("naïve", "naive"),
        ("c++", "a c++ book"), ("straße", "STRASSE"), ("𠮷野", "𠮷野家"), ("killer whale", "ki11er wha1e"),
    ],
)  # fmt: skip
def test_terms_of_every_language_are_found(term: str, text: str) -> None:
    assert blocked_term(text, [term]) == term


def test_every_look_alike_is_read_as_its_letter_in_a_word_of_several_scripts() -> None:
    assert len(LOOK_ALIKES) > 350
    read = {one: unmasked(folded(f"q{chr(one)}q")) for one in LOOK_ALIKES}
    assert [chr(one) for one in LOOK_ALIKES if read[one] != f"q{LOOK_ALIKES[one]}q"] == []


@given(st.text(), st.lists(st.text(), max_size=4))
def test_no_text_and_no_term_breaks_the_comparison(text: str, terms: list[str]) -> None:
    assert set(found_terms([text], terms)) <= set(terms)


def test_a_text_of_a_novel_s_length_is_compared_in_no_time() -> None:
    texts = [
        "a" * 32_000,
        "a " * 16_000,
        "b0 " * 10_000,
        "\u202e" + "é" * 31_000,
        "a.b" * 10_000,
        "\u202eb000mb-é " * 2_500,
        "gоrе " * 6_000,
    ]
    before = time.process_time()
    assert found_terms(texts, [f"term {number}" for number in range(500)]) == []
    assert time.process_time() - before < 10  # a guard against what grows with the square: that takes minutes


# ── patterns ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"/\bnazi\w*/", "NAZIsm"), ("/gun(s|man)?$/", "a gunman"), ("/бомб/", "Бомба"), (r"/\d{3}-\d{4}/", "555-1234"),
     (r"/dr(a|u)gon/", "drаgon"), ("/BOMB/", "bomb")],
)  # fmt: skip
def test_a_pattern_is_found(pattern: str, text: str) -> None:
    moderation.check_term(pattern)
    assert found_terms([text], [pattern, "unrelated"]) == [pattern]


@pytest.mark.parametrize(
    ("pattern", "says"),
    [("/(/", "not a pattern"), ("/a*/", "every text"), ("/./", "every text"), ("/[a-z]/", "every text"),
     ("/o|u/", "every"),     (r"/\w+/", "every text"), ("/" + "a" * 300 + "/", "200 characters"), ("/(?=a)/", "not a"),
     (r"/(a)\1/", "not a pattern"), ("/((a{100}){100}){10}/", "not a pattern"), ("/[\\p{L}]{500}z/", "not a pattern")],
)  # fmt: skip
def test_a_pattern_that_cannot_be_is_refused_when_it_is_set(pattern: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        moderation.check_term(pattern)
    assert found_terms(["aaa"], [pattern]) in ([], [pattern])  # and harms nobody that it got in


@pytest.mark.parametrize("pattern", ["/(a+)+$/", "/(a|aa)+b/", "/(x+x+)+y/", "/(.*a){20}z/", "/(a?){200}b/"])
def test_a_catastrophic_pattern_takes_no_time(pattern: str) -> None:
    before = time.process_time()
    found_terms(["a" * 32_000 + "!"], [pattern])
    assert time.process_time() - before < 10  # Python's own engine would need longer than the world is old


def test_patterns_that_take_too_long_together_refuse_instead_of_passing() -> None:
    slow = [f"/(a?){{200}}b{number}/" for number in range(90)]
    with pytest.raises(Refused, match="too long to compare"):
        found_terms(["a" * 32_000], slow)


@pytest.mark.parametrize("term", ["", "   ", "\u200b", "x" * 101])
def test_a_term_that_cannot_be_is_refused_when_it_is_set(term: str) -> None:
    with pytest.raises(BadInput):
        moderation.check_term(term)


# ── where and who ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("policy", "user", "says"),
    [
        (Policy(denied=("user:U1",)), ALICE, "You may not make pictures here."),
        (Policy(denied=("role:R1",)), ALICE, "You may not make pictures here."),
        (Policy(roles_allowed=("role:R2", "R3")), ALICE, "Only some roles may"),
        (Policy(guests=False), User("slack", "U3", "Gus", is_guest=True), "Guests may not"),
        (Policy(bans=(Ban("user:U1", None, "Spam", "U9"),)), ALICE, "here any more: Spam. Nothing was charged."),
        (Policy(bans=(Ban("user:U1", 1_795_284_000_000, "", "U9"),), zone="Europe/Paris"), ALICE,
         "here until 21 November 2026, 19:00 (CET)."),
        (Policy(bans=(Ban("user:U1", 1_795_284_000_000, "", "U9"),), zone="No/Where"), ALICE, "18:00 (UTC)"),
        (Policy(bans=(Ban("user:U9", None, "Late", "U8"),)), ADMIN, "any more: Late."),
    ],
)  # fmt: skip
def test_who_may_not_is_told_so(policy: Policy, user: User, says: str) -> None:
    with pytest.raises(Refused) as refused:
        moderation.check_person(user, policy, now=1_795_000_000_000)
    assert says in str(refused.value)
    assert str(refused.value).endswith("Nothing was charged. Ask an admin.")


@pytest.mark.parametrize(
    ("policy", "user"),
    [
        (Policy(), ALICE),
        (Policy(), User("slack", "U3", "Gus", is_guest=True)),
        (Policy(roles_allowed=("role:R1",)), ALICE),
        (Policy(roles_allowed=("R1",)), ALICE),
        (Policy(roles_allowed=("role:R2",), guests=False), ADMIN),
        (Policy(denied=("user:U2", "role:R2")), ALICE),
        (Policy(bans=(Ban("user:U1", 5, "Over", "U9"),)), ALICE),
        (Policy(bans=(Ban("user:U2", None, "Somebody else", "U9"),)), ALICE),
    ],
)
def test_everybody_else_may(policy: Policy, user: User) -> None:
    moderation.check_person(user, policy, now=10)


@pytest.mark.parametrize(
    ("policy", "may"),
    [(Policy(), True), (Policy(channels_allowed=("C1",)), True), (Policy(channels_allowed=("C2",)), False),
     (Policy(channels_denied=("C1",)), False), (Policy(channels_allowed=("C1",), channels_denied=("C1",)), False)],
)  # fmt: skip
def test_channels_are_allowed_and_denied(policy: Policy, may: bool) -> None:
    if may:
        moderation.check_place(HERE, policy)
    else:
        with pytest.raises(Refused, match="not made in this channel"):
            moderation.check_place(HERE, policy)


def test_a_channel_s_own_settings_go_before_the_workspace_s() -> None:
    own = ChannelPolicy("C1", "low", ThreadMode.PAUSED, 0, review=True, spoiler=False)
    policy = Policy(channels=(own, ChannelPolicy("C2")), spoiler=True, previews=3)
    here = moderation.policy_for(policy, "C1")
    assert (here.moderation, here.thread_mode, here.previews, here.review, here.spoiler) == (
        "low", ThreadMode.PAUSED, 0, True, False)  # fmt: skip
    assert moderation.policy_for(policy, "C2") == moderation.policy_for(policy, "C3") == policy


@pytest.mark.parametrize(
    ("policy", "adults", "platform", "level"),
    [
        (Policy(), True, "discord", "auto"), (Policy(moderation="low"), True, "discord", "low"),
        (Policy(moderation="low"), False, "discord", "auto"), (Policy(moderation="low"), None, "discord", "auto"),
        (Policy(moderation="low"), None, "slack", "low"), (Policy(moderation="low"), None, "web", "low"),
        (Policy(moderation="low", low_needs_adults=False), False, "discord", "low"),
        (Policy(moderation="none"), True, "discord", "auto"),
    ],
)  # fmt: skip
def test_low_counts_where_only_adults_are(policy: Policy, adults: bool | None, platform: str, level: str) -> None:
    assert moderation.level_for(policy, adults, platform) == level


@pytest.mark.parametrize(
    ("policy", "channel"),
    [(Policy(), ""), (Policy(admin_channel="A"), "A"), (Policy(admin_channel="A", review_channel="V"), "V"),
     (Policy(admin_channel="A", review_channel="V", report_channel="R"), "R")],
)  # fmt: skip
def test_moderators_are_told_in_the_channel_that_is_most_theirs(policy: Policy, channel: str) -> None:
    assert moderation.report_channel(policy) == channel


# ── findings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("findings", "thresholds", "says"),
    [
        ([Finding(0, "violence", 0.6, True)], {}, "These words seem to ask for violence"),
        ([Finding(2, "sexual", 0.6, True)], {}, "Picture 2 seems to show something sexual"),
        ([Finding(0, "violence", 0.6, True), Finding(1, "sexual/minors", 0.6, True)], {},
         "Picture 1 seems to show a minor"),
        ([Finding(0, "violence", 0.3, False)], {"violence": 0.2}, "violence"),
        ([Finding(0, "sexual/minors", 0.5, True)], {"sexual/minors": 1.0}, "a minor"),
        ([Finding(0, "brand-new", 0.5, True)], {}, "something its rules do not allow"),
        ([Finding(0, "", 1.0, True)], {"violence": 0.9}, "something its rules"),
    ],
)  # fmt: skip
def test_what_is_found_is_named_in_plain_words(
    findings: list[Finding], thresholds: dict[str, float], says: str
) -> None:
    with pytest.raises(Refused) as refused:
        moderation.check_findings(findings, Policy(thresholds=tuple(thresholds.items())))
    assert says in str(refused.value)
    assert refused.value.stage == "precheck"


@pytest.mark.parametrize(
    ("findings", "thresholds"),
    [
        ([], {}),
        ([Finding(0, "violence", 0.4, False)], {}),
        ([Finding(0, "violence", 0.6, True)], {"violence": 0.8}),
        ([Finding(0, "violence", 0.4, False)], {"sexual": 0.1}),
    ],
)
def test_what_is_below_the_line_passes(findings: list[Finding], thresholds: dict[str, float]) -> None:
    moderation.check_findings(findings, Policy(thresholds=tuple(thresholds.items())))


@pytest.mark.parametrize("pair", [("violins", 0.5), ("violence", 1.1), ("violence", -1), ("violence", float("nan"))])
def test_a_threshold_that_cannot_be_is_refused_when_it_is_set(pair: tuple[str, float]) -> None:
    with pytest.raises(BadInput):
        moderation.check_thresholds([("sexual", 0.5), pair])


# ── conduct ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_three_refusals_in_a_row_slow_a_person_down_for_half_an_hour() -> None:
    now = 1_000_000_000_000
    conduct = Conduct()
    for _ in range(2):
        conduct = moderation.refused(conduct, now=now)
        assert moderation.asked(conduct, now=now, event="x") == conduct
    conduct = moderation.refused(conduct, now=now)
    with pytest.raises(Refused, match=r"for 29 min you may ask once in 5\. .* Try again in 4 min\."):
        moderation.asked(conduct, now=now + MINUTE, event="a")
    conduct = moderation.asked(conduct, now=now + 5 * MINUTE, event="b")
    assert moderation.asked(conduct, now=now + 5 * MINUTE, event="b") == conduct  # the same request, delivered twice
    with pytest.raises(Refused):
        moderation.asked(conduct, now=now + 6 * MINUTE, event="c")
    for _ in range(2):
        assert moderation.asked(conduct, now=now + 30 * MINUTE, event="d") == conduct


def test_a_picture_in_between_or_a_day_begins_anew() -> None:
    twice = moderation.refused(moderation.refused(Conduct(), now=10**12), now=10**12)
    assert moderation.refused(moderation.behaved(twice), now=10**12).slow_until == 0
    assert moderation.refused(twice, now=10**12 + 25 * 60 * MINUTE).slow_until == 0
    assert moderation.refused(twice, now=10**12).slow_until == 10**12 + 30 * MINUTE


@pytest.mark.parametrize(
    ("found", "is_guest"),
    [
        ({"team_id": "T1"}, False), ({}, False), ({"team_id": "T2"}, True), ({"is_restricted": True}, True),
        ({"is_ultra_restricted": True, "team_id": "T1"}, True), ({"is_stranger": True}, True),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T1", "T2"]}}, False),
    ],
)  # fmt: skip
def test_slack_says_who_is_of_another_organisation(found: dict[str, object], is_guest: bool) -> None:
    assert is_guest_of(found, "T1") is is_guest


@pytest.mark.parametrize(
    ("channel", "adults"),
    [({"nsfw": True}, True), ({"nsfw": False}, False), ({}, False), ({"parent": SimpleNamespace(nsfw=True)}, True),
     ({"parent": None}, False)],
)  # fmt: skip
def test_discord_says_where_only_adults_are(channel: dict[str, object], adults: bool) -> None:
    assert adults_in(SimpleNamespace(channel=SimpleNamespace(**channel))) is adults  # type: ignore[arg-type]
