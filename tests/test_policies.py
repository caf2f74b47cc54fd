"""Settings as text: what is shown can be typed, what cannot be is refused with the line that is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import fields, replace
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog import Catalog
from bot.errors import BadInput, BadOption
from bot.models import Ban, Budget, ChannelPolicy, Grant, Limit, Measure, Policy, Span, ThreadMode, Tier, Who
from bot.moderation import CATEGORIES
from bot.policies import GROUPS, SETTINGS, apply, parts, toml
from bot.policies.changing import ban_line, ban_of, grant_line, grant_of, pruned
from bot.policies.lines import QUALITIES
from bot.policies.words import dollars, money
from storage.sqlite import SqliteStore, open_store
from tests.contracts.store_policy import PolicyContract

NOON = int(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC).timestamp()) * 1000
T = TypeVar("T")

# ── any policy ───────────────────────────────────────────────────────────────────────────────────────────────────

ids = st.text("ABCUabc0123456789_-.", min_size=1, max_size=12)
people = st.one_of(ids.map("user:{}".format), ids.map("role:{}".format))
whom = st.one_of(st.just(""), people)
where = st.one_of(st.just(""), ids.filter(lambda one: one != "none"))
channel = ids.filter(lambda one: one != "none")
amounts = st.integers(0, 10**9)
micro = st.integers(0, 10**15)
limits = st.one_of(
    st.builds(Limit, st.one_of(st.none(), amounts), st.just(Measure.IMAGES), st.sampled_from(Span), st.booleans(),
              whom, where),
    st.builds(Limit, st.one_of(st.none(), micro), st.just(Measure.DOLLARS), st.sampled_from(Span), st.booleans(),
              whom, where),
)  # fmt: skip
names = st.text("abcdefgh-.0123456789", min_size=1, max_size=12).filter(lambda one: one[0].isalnum())
tiers = st.builds(
    Tier, whom, where, st.lists(names, max_size=3, unique=True).map(tuple),
    st.lists(st.sampled_from(QUALITIES), max_size=3, unique=True).map(tuple),
    st.one_of(st.none(), st.integers(1, 10**8)), st.one_of(st.none(), st.integers(1, 10)), st.booleans(),
)  # fmt: skip
channels = st.builds(
    ChannelPolicy, channel, st.sampled_from(["", "auto", "low"]), st.one_of(st.none(), st.sampled_from(ThreadMode)),
    st.one_of(st.none(), st.integers(0, 3)), st.one_of(st.none(), st.booleans()), st.one_of(st.none(), st.booleans()),
)  # fmt: skip
terms = st.one_of(
    st.sampled_from(
        ["gore", "a, b", '"', 'say "no"', "/b[o0]m{1,3}b/", "/a, b/", "none", "no limit", ",", "日本", "/"]
    ),
    st.text("ab,\"/ 'é", min_size=1, max_size=8).map(str.strip).filter(lambda one: any(map(str.isalnum, one))),
)


def term_is_possible(term: str) -> bool:
    try:
        apply(Policy(), "blocked-terms", '"' + term.replace('"', '""') + '"')
    except BadOption:
        return False
    return True


def unique(strategy: st.SearchStrategy[T], key: Callable[[T], Hashable]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(strategy, max_size=5, unique_by=key).map(tuple)


numbers = st.one_of(st.none(), st.integers(1, 1000))
policies = st.builds(
    Policy,
    images_per_day=st.one_of(st.none(), st.integers(0, 999_999_999)),
    moderation=st.sampled_from(["auto", "low"]),
    blocked_terms=st.lists(terms.filter(term_is_possible), max_size=5, unique=True).map(tuple),
    watched_terms=st.lists(terms.filter(term_is_possible), max_size=5, unique=True).map(tuple),
    thread_mode=st.sampled_from(ThreadMode),
    previews=st.one_of(st.none(), st.integers(0, 3)),
    offer_same=st.booleans(),
    admin_channel=where,
    adds_references=st.sampled_from([Who.EVERYONE, Who.ADMINS]),
    deletes_references=st.sampled_from(Who),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]),
    limits=unique(limits, lambda one: replace(one, amount=None)),
    budgets=unique(st.builds(Budget, micro, st.sampled_from(Span), where), lambda one: (one.span, one.where)),
    tiers=unique(tiers, lambda one: (one.who, one.where)),
    in_flight=numbers,
    precheck=st.sampled_from(["off", "open", "closed"]),
    thresholds=unique(st.tuples(st.sampled_from(list(CATEGORIES)), st.floats(0, 1)), lambda one: one[0]),
    review=st.booleans(),
    review_channel=where,
    report_channel=where,
    moderators=st.lists(people, max_size=4, unique=True).map(tuple),
    channels_allowed=st.lists(channel, max_size=4, unique=True).map(tuple),
    channels_denied=st.lists(channel, max_size=4, unique=True).map(tuple),
    roles_allowed=st.lists(ids.map("role:{}".format), max_size=4, unique=True).map(tuple),
    denied=st.lists(people, max_size=4, unique=True).map(tuple),
    guests=st.booleans(),
    low_needs_adults=st.booleans(),
    spoiler=st.booleans(),
    disclosure=st.sampled_from(["", "Made with AI", "KI-Bild: bitte prüfen!"]),
    disclosure_required=st.booleans(),
    keep_pictures_days=numbers,
    keep_prompts_days=numbers,
    keep_attachments_days=numbers,
    channels=unique(channels, lambda one: one.channel),
)


@settings(max_examples=40, deadline=None)
@given(policies)
def test_whatever_is_shown_can_be_typed_again(policy: Policy) -> None:
    for name, one in SETTINGS.items():
        assert one.change(policy, one.show(policy)) == policy, name
        assert one.show(apply(Policy(), name, one.show(policy))) == one.show(policy), name


@settings(max_examples=20, deadline=None)
@given(policies)
def test_a_file_of_settings_makes_the_same_settings_elsewhere(policy: Policy) -> None:
    assert toml.read(toml.export(policy, "T1"), Policy()) == policy


@settings(max_examples=30, deadline=None)
@given(policies, policies)
def test_what_is_added_is_there_beside_the_rest_and_goes_again(one: Policy, other: Policy) -> None:
    for name, setting in SETTINGS.items():
        if setting.same is None or not getattr(other, setting.field):
            continue
        both = parts.add(one, name, setting.show(other))
        assert set(getattr(other, setting.field)) <= set(getattr(both, setting.field)), name
        about = {setting.same(part) for part in (*getattr(one, setting.field), *getattr(other, setting.field))}
        assert sorted(map(repr, map(setting.same, getattr(both, setting.field)))) == sorted(map(repr, about)), name
        assert not set(getattr(parts.remove(both, name, setting.show(other)), setting.field)) & set(
            getattr(other, setting.field)
        )


def test_everything_admins_can_set_is_in_the_table_once() -> None:
    own_commands = {"grants", "bans"}
    assert sorted(one.field for one in SETTINGS.values()) == sorted(
        {field.name for field in fields(Policy)} - own_commands
    )
    for one in SETTINGS.values():
        assert one.group in GROUPS
        assert one.about.endswith(".")
        assert bool(one.choices) == (one.kind in ("choice", "switch"))
        assert all(one.show(apply(Policy(), one.name, choice)) == choice for choice in one.choices)
        if one.empty:
            assert one.show(apply(Policy(), one.name, one.empty)) == one.empty


def test_every_quality_of_the_catalogue_can_stand_in_a_tier() -> None:
    catalog = Catalog.load()
    assert {quality for name in catalog.names() for quality in catalog.model(name).qualities} <= set(QUALITIES)


# ── what people type ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "typed", "shown"),
    [
        ("limits", "20 images a day", "20 images a day"),
        ("limits", "  20   Images  per DAY ", "20 images a day"),
        ("limits", "$5 a month for role:123 in C012", "$5 a month for role:123 in C012"),
        ("limits", "no limit of images a day for user:U1", "no limit of images a day for user:U1"),
        ("limits", "10 images per rolling hour", "10 images per rolling hour"),
        ("limits", "1 image an hour for <@U1|bob> in <#C1|art>", "1 image an hour for user:U1 in C1"),
        ("limits", "$0.5 a day; 3 images a day for <@&99>", "$0.5 a day\n3 images a day for role:99"),
        ("limits", "4 images a day for <!subteam^S1|@team>", "4 images a day for role:S1"),
        ("budgets", "$50 a month\n\n$5 a day in C012\n", "$50 a month\n$5 a day in C012"),
        ("tiers", "role:123: models gpt-image-2; quality low, medium; up to 2k; n 4; no thinking",
         "role:123: models gpt-image-2; quality low, medium; up to 2k; n 4; no thinking"),
        ("tiers", "everybody in C1: up to 1536x1024", "everybody in C1: up to 1572864 pixels"),
        ("thresholds", "violence 0.4; sexual: 0.25", "violence 0.4\nsexual 0.25"),
        ("channels", "C012: moderation low; review on; previews 0; thread-mode mention-only; spoiler on",
         "C012: moderation low; thread-mode mention only; previews 0; review on; spoiler on"),
        ("blocked-terms", "dragon, gore,, dragon", "dragon, gore"),
        ("blocked-terms", "one\ntwo", "one, two"),
        ("moderators", "<@U1>, role:7, <@!55>", "user:U1, role:7, user:55"),
        ("roles-allowed", "123, role:45", "role:123, role:45"),
        ("limits", "20/day", "20 images a day"),
        ("limits", "20 per day for everyone", "20 images a day"),
        ("limits", "1,000 pictures each month", "1000 images a month"),
        ("limits", "5 USD/month for U0123ABCD", "$5 a month for user:U0123ABCD"),
        ("limits", "$1,000.50 a month for S0123ABCD in C1", "$1000.5 a month for role:S0123ABCD in C1"),
        ("limits", "unlimited images per day for role: 7", "no limit of images a day for role:7"),
        ("budgets", "50 USD per month; $0.5/hour in <#C1|art>", "$50 a month\n$0.5 an hour in C1"),
        ("images-per-day", "20/day", "20"),
        ("images-per-day", "1,000 images per day", "1000"),
        ("keep-prompts-days", "30 days", "30"),
        ("guests", "no", "off"),
        ("review", "TRUE", "on"),
        ("moderators", "User:U1, @U0123ABCD, S0123ABCD", "user:U1, user:U0123ABCD, role:S0123ABCD"),
        ("zone", "europe/berlin", "Europe/Berlin"),
        ("thread-mode", "mention-only", "mention only"),
        ("images_per_day", "unlimited", "no limit"),
        ("previews", "none", "as installed"),
        ("keep-prompts-days", "30", "30"),
        ("admin-channel", "<#123>", "123"),
        ("disclosure", "none", "none"),
    ],
)  # fmt: skip
def test_settings_are_typed_in_the_ways_people_do(name: str, typed: str, shown: str) -> None:
    assert SETTINGS[name.replace("_", "-")].show(apply(Policy(), name, typed)) == shown


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("colour", "red", "There is no setting colour. There are: images-per-day"),
        ("moderator", "user:U1", "Did you mean moderators?"),
        ("images-per-day", "many", "a whole number or `no limit`, not many"),
        ("images-per-day", "-1", "whole number"),
        ("images-per-day", "٣", "whole number"),
        ("images-per-day", "", "whole number"),
        ("images-per-day", "9" * 40, "whole number"),
        ("in-flight", "0", "from 1 to 1000"),
        ("limits", "20 images a day\n20 pictures", "limits, line 2: “20 pictures” is no limit"),
        ("limits", "20 images a day\n\n\n$x a day", "limits, line 4: “$x” is no amount"),
        ("limits", "1 image a day\n2 images a day", "an earlier line says already"),
        ("limits", "20 images a day for bob", "“bob” is nobody"),
        ("limits", "20 images a day in the garden", "is no limit"),
        ("limits", "$9999999999 a day", "is no amount"),
        ("limits", "x" * 600, "longer than 500"),
        ("limits", "1 image a day\n" * 501, "500 lines at most"),
        ("budgets", "$50", "is no budget"),
        ("budgets", "0 a month", "between single quotes"),
        ("budgets", "$0,50 a month", "“$0,50” is no amount"),
        ("budgets", "$5,00 a month", "“$5,00” is no amount"),
        ("budgets", "€5 a month", "“€5” is no amount"),
        ("budgets", "-5 a month", "“-5” is no amount"),
        ("budgets", "$5 a week", "$50 a month (a day, an hour)"),
        ("budgets", "$5 per rolling day", "is no budget"),
        ("limits", "1,5 images a day", "is no amount"),
        ("limits", "0.5 a day", "is no amount of dollars: write $5"),
        ("limits", "20 images a day for 123456789012345678", "write user:123456789012345678 or role:"),
        ("limits", "20 images a day in #art", "“#art” is no channel: write its id"),
        ("images-per-day", "1,00", "whole number"),
        ("images-per-day", "20 a month", "whole number"),
        ("timezone", "UTC", "Did you mean zone?"),
        ("prompts-days", "5", "Did you mean keep-prompts-days?"),
        ("moderators", "@mo", "Copy member ID"),
        ("moderators", "WALTER", "is nobody"),
        ("budgets", "50 images a month", "write dollars such as $5"),
        ("tiers", "role:1: quality medum", "“medum” is no quality"),
        ("tiers", "role:1: up to 9k", "is no size"),
        ("tiers", "role:1: n 0", "1 to 10"),
        ("tiers", "role:1: models <script>", "cannot be a model's name"),
        ("thresholds", "violence 2", "number from 0 to 1"),
        ("thresholds", "violence nan", "number from 0 to 1"),
        ("thresholds", "rudeness 0.5", "There is no category rudeness"),
        ("channels", "C012: colour red", "cannot be set for a channel"),
        ("channels", "C012: review on\nC012: review off", "an earlier line says already"),
        ("blocked-terms", "/(/", "not a pattern"),
        ("blocked-terms", "\u200b", "cannot be seen"),
        ("moderators", "bob", "moderators: “bob” is nobody"),
        ("moderators", "@here", "is nobody"),
        ("roles-allowed", "user:U1", "is a person"),
        ("zone", "Europe/Berln", "Europe/Berlin"),
        ("zone", "../../etc/passwd", "is no time zone"),
        ("disclosure", "<!channel> hi", "plain punctuation"),
        ("admin-channel", "my channel", "admin-channel is a channel's id"),
        ("watched-terms", "x" * 60_000, "50,000 characters at most"),
        ("moderation", "strict", "moderation is one of: auto, low; not strict"),
        ("guests", "maybe", "guests is on or off"),
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_refused_in_one_sentence(name: str, typed: str, says: str) -> None:
    with pytest.raises(BadOption) as refused:
        apply(Policy(), name, typed)
    assert says in str(refused.value)
    assert len(str(refused.value)) < 1000
    assert "\n" not in str(refused.value)


def test_a_disclosure_that_is_required_cannot_be_emptied() -> None:
    policy = apply(Policy(), "disclosure-required", "on")
    with pytest.raises(BadOption, match="cannot be empty"):
        apply(policy, "disclosure", "none")


@given(st.integers(0, 10**15))
def test_amounts_of_money_lose_nothing(amount: int) -> None:
    assert money(dollars(amount)) == amount


@settings(deadline=None)
@given(st.sampled_from(sorted(SETTINGS)), st.text(max_size=60))
def test_any_text_is_taken_or_refused_and_never_breaks(name: str, text: str) -> None:
    try:
        policy = apply(Policy(), name, text)
    except BadOption:
        return
    assert SETTINGS[name].change(policy, SETTINGS[name].show(policy)) == policy


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('colour = "red"\n', "Line 1: There is no setting colour"),
        ("\n\nzone = \n", "line 3"),
        ('\n# images-per-day\nimages-per-day = "many"\n', "Line 3: images-per-day is a whole number"),
        ('images-per-day = 1\nlimits = [\n  "20 images a day",\n  # no\n  "foo",\n]\n', "Line 5: limits: “foo”"),
        ('limits = ["1 image a day",\n"2 images a day"]', "Line 1: limits, line 2: “2 images a day” is about what"),
        ("previews = 1.5", 'Line 1: previews is a whole number, or "as installed".'),
        ("[limits]\na = 1", "Line 1: limits is a list of texts"),
        ("previews = 1\n\nPreviews = 2", "Line 3: previews is set twice"),
        (
            'moderation = "low"\n"blocked-terms" = """\ncolour = 1\n"""\ncolour = 3\n',
            "Line 5: There is no setting colour",
        ),
        ("disclosure = true", "Line 1: disclosure is a text in quotes."),
        ("zone = 5", "Line 1: zone is a text in quotes."),
        ("blocked-terms = true", "Line 1: blocked-terms is a list of texts"),
        ("images-per-day = true", "Line 1: images-per-day is a whole number"),
        ("images-per-day = [5]", "Line 1: images-per-day is a whole number"),
        ("review = 'perhaps'", "Line 1: review is on or off"),
        ("images-per-day = 1e3", "Line 1: images-per-day is a whole number"),
        ("images-per-day = 1000000000000000000", "Line 1: images-per-day is a whole number up to 999,999,999"),
        ("images-per-day = 5\r\nlimits = [\r\n  '1 image a day',\r\n  'foo',\r\n]\r\n", "Line 4: limits: “foo”"),
        ("blocked-terms = ['a\u2028b']\ncolour = 1", "cannot be seen"),
        ("# a\u2028b\x85c\ncolour = 1", "Line 2: There is no setting colour"),
        ("previews = 1\npreviews = 2", "not TOML from line 2 on: Cannot overwrite"),
        ("previews = 1\nlimits = [\n'1 image a day',\n", "not TOML from line 2 on"),
        ("a = 1 b", "not TOML from line 1 on"),
        ("limits = [{a = 1}]", "Line 1: limits is a list of texts"),
        ("x = " + "[" * 5000, "not TOML"),
        ("# " + "x" * 300_000, "no settings file"),
    ],
)
def test_a_file_with_a_mistake_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        toml.read(text, Policy())
    assert says in str(refused.value)


def test_what_a_file_does_not_name_stays() -> None:
    before = Policy(moderation="low", previews=1)
    text = 'previews = "as installed"\nreview = true\nmoderators = ["user:U1"]\nin-flight = 3\n'
    assert toml.read(text, before) == replace(before, previews=None, review=True, moderators=("user:U1",), in_flight=3)


# ── grants and bans ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "whom", "line"),
    [
        ("user:U1 +20 images today", "user:U1", "+20 images until 2026-11-22 00:00 (Europe/Berlin)"),
        ("<@U1|bob> 20 for 2 hours", "user:U1", "+20 images until 2026-11-21 15:00 (Europe/Berlin)"),
        ("<@!55> +1 image 3d", "user:55", "+1 image until 2026-11-24 13:00 (Europe/Berlin)"),
        ("user:U1 +$5 in C012 until 2026-12-01", "user:U1", "+$5 in C012 until 2026-12-02 00:00 (Europe/Berlin)"),
        ("user:U1 5 dollars tomorrow", "user:U1", "+$5 until 2026-11-23 00:00 (Europe/Berlin)"),
        ("budget +$20 this month", "", "+$20 until 2026-12-01 00:00 (Europe/Berlin)"),
        ("budget in C1 $0.5 until 2026-12-01T18:00Z", "", "+$0.5 in C1 until 2026-12-01 19:00 (Europe/Berlin)"),
        ("user:U1 +20", "user:U1", "+20 images until 2026-11-22 00:00 (Europe/Berlin)"),
        ("U0123ABCD +5 USD", "user:U0123ABCD", "+$5 until 2026-11-22 00:00 (Europe/Berlin)"),
        ("user:U1 1,000 images tomorrow", "user:U1", "+1000 images until 2026-11-23 00:00 (Europe/Berlin)"),
        ("user:U1 20 images this week", "user:U1", "+20 images until 2026-11-23 00:00 (Europe/Berlin)"),
    ],
)
def test_grants_are_typed_in_plain_words(typed: str, whom: str, line: str) -> None:
    grant = grant_of(typed, NOON, "Europe/Berlin")
    assert (grant.who, grant_line(grant, "Europe/Berlin")) == (whom, line)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Say to whom"),
        ("user:U1", "is no grant"),
        ("user:U1 0 images today", "Nothing cannot be granted"),
        ("user:U1 -5 images today", "is no grant"),
        ("@bob 20 images today", "is nobody"),
        ("role:7 20 images today", "is a role"),
        ("<@U1 20 images today", "is no grant"),
        ("budget 20 images today", "A budget is granted dollars"),
        ("user:U1 20 images 2020-01-01", "is over already"),
        ("user:U1 20 images 2026-02-30", "not in any calendar"),
        ("user:U1 20 images until 9999-12-31", "is not in any calendar"),
        ("user:U1 20 images 99999 weeks", "ten years"),
        ("user:U1 20 images soon", "is no time"),
    ],
)
def test_a_grant_that_is_not_clear_is_refused(typed: str, says: str) -> None:
    with pytest.raises(BadOption) as refused:
        grant_of(typed, NOON, "Europe/Berlin")
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("user:U1 2 days: floods the channel", "until 2026-11-23 12:00 (UTC): floods the channel"),
        ("<@U1> for 2 hours spam", "until 2026-11-21 14:00 (UTC): spam"),
        ("user:U1 until 2026-12-01 18:00: spam", "until 2026-12-01 18:00 (UTC): spam"),
        ("user:U1 for good: spam", "for good: spam"),
        ("user:U1 for spamming", "for good: for spamming"),
        ("user:U1 floods", "for good: floods"),
    ],
)
def test_bans_have_an_end_and_a_reason(typed: str, line: str) -> None:
    ban = ban_of(typed, NOON, "UTC", "slack:U2")
    assert (ban.who, ban.by, ban_line(ban, "UTC")) == ("user:U1", "slack:U2", line)


@pytest.mark.parametrize("typed", ["", "user:U1", "user:U1 2 days", "user:U1 until next friday: x",
                                   "user:U1 2 fortnights: x", "bob 2 days: x", "role:1 2 days: x",
                                   "user:U1 2 days: " + "x" * 300])  # fmt: skip
def test_a_ban_that_is_not_clear_is_refused(typed: str) -> None:
    with pytest.raises(BadOption):
        ban_of(typed, NOON, "UTC", "slack:U2")


def test_what_is_over_goes_when_settings_are_written() -> None:
    grants = (Grant(1, NOON), Grant(2, NOON + 1))
    bans = (Ban("user:U1", NOON, "x", "cli"), Ban("user:U2", None, "x", "cli"), Ban("user:U3", NOON + 1, "x", "cli"))
    left = pruned(Policy(grants=grants, bans=bans), NOON)
    assert (left.grants, left.bans) == (grants[1:], bans[1:])


# ── the store ────────────────────────────────────────────────────────────────────────────────────────────────────


class TestSqlite(PolicyContract):
    """The contract every store passes."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SqliteStore]:
        store = await open_store(tmp_path / "data")
        yield store
        await store.close()
