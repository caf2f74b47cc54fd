"""Which limit counts, what it refuses and what it says: pure rules on facts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import OverQuota, Refused
from bot.limits import Asked, Cheaper, alerts, check_tier, fitted, left_words, meters, tier_for, tightest
from bot.models import Budget, Grant, Limit, Measure, Options, Policy, Span, Spent, Tier, Used, User

NOON = 1_800_000_000_000  # 15 January 2027, 08:00 UTC
MIDNIGHT = NOON - NOON % 86_400_000 + 86_400_000
ALICE = User("chat", "U1", "Alice", frozenset({"designers", "interns"}))
DOLLAR = 1_000_000
EVERYBODY = Limit(20)
IN_HERE = Limit(19, where="C1")
DESIGNERS = Limit(30, who="role:designers")
INTERNS = Limit(5, who="role:interns")
INTERNS_HERE = Limit(4, who="role:interns", where="C1")
ALICES = Limit(7, who="user:U1")
ALICES_HERE = Limit(6, who="user:U1", where="C1")
EXEMPT = Limit(None, who="user:U1")


def used(asked: Asked, policy: Policy, images: int = 0, cost: int = 0, in_flight: int = 0) -> Used:
    """The same in every window that the rule asks for."""
    return Used({one: Spent(images, cost) for one in asked.windows(policy)}, in_flight)


def refusal(policy: Policy, images: int = 0, spent: int = 0, *, in_flight: int = 0, **what: object) -> OverQuota:
    asked = replace(Asked(ALICE, "C1", NOON), **what)  # type: ignore[arg-type]
    with pytest.raises(OverQuota) as refused:
        asked.check(policy, used(asked, policy, images, spent, in_flight))
    return refused.value


@pytest.mark.parametrize(
    ("limits", "counts"),
    [
        ((), 100),
        ((EVERYBODY,), 20),
        ((EVERYBODY, IN_HERE), 19),
        ((IN_HERE, INTERNS), 5),
        ((DESIGNERS, INTERNS, EVERYBODY), 30),
        ((DESIGNERS, INTERNS, INTERNS_HERE), 4),
        ((ALICES, INTERNS_HERE, DESIGNERS), 7),
        ((ALICES, ALICES_HERE, DESIGNERS), 6),
        ((EXEMPT, DESIGNERS, EVERYBODY), None),
        ((EXEMPT, ALICES_HERE), 6),
        ((Limit(3, who="user:U2"), Limit(2, who="role:cooks"), Limit(1, where="C2")), 100),
        ((Limit(None, who="role:interns"), DESIGNERS), None),
        ((Limit(3, span=Span.HOUR), Limit(0, Measure.DOLLARS)), 100),
    ],
)
def test_the_most_specific_limit_counts(limits: tuple[Limit, ...], counts: int | None) -> None:
    policy = Policy(images_per_day=100, limits=limits)
    found = [one.amount for one in meters(policy, ALICE, "C1", NOON) if (one.measure, one.span) == ("images", "day")]
    assert found == ([] if counts is None else [counts])


@given(st.permutations([EVERYBODY, IN_HERE, DESIGNERS, INTERNS, INTERNS_HERE, ALICES, ALICES_HERE]), st.integers(0, 7))
def test_the_order_in_which_limits_are_written_does_not_matter(limits: list[Limit], count: int) -> None:
    some = tuple(limits[:count])
    assert meters(Policy(limits=some), ALICE, "C1", NOON) == meters(Policy(limits=some[::-1]), ALICE, "C1", NOON)


@pytest.mark.parametrize(
    ("limit", "spent", "n", "says"),
    [
        (10, 10, 1, "You've used all 10 of your images for today. More at 00:00 UTC."),
        (1, 1, 1, "You've used your image for today. More at 00:00 UTC."),
        (10, 8, 4, "4 pictures asked, 2 left today. Ask for 2, or wait until 00:00 UTC."),
        (0, 0, 1, "Image making is switched off for members of this workspace; ask an admin."),
    ],
)
def test_a_used_up_quota_says_what_is_left_and_when_more_comes(limit: int, spent: int, n: int, says: str) -> None:
    refused = refusal(Policy(images_per_day=limit), spent, n=n)
    assert str(refused) == says
    assert refused.resets == MIDNIGHT


@given(st.integers(0, 50) | st.none(), st.integers(0, 60), st.integers(1, 10))
def test_the_rule_lets_exactly_what_is_left_pass(limit: int | None, spent: int, n: int) -> None:
    policy, asked = Policy(images_per_day=limit), Asked(ALICE, "C1", NOON, n)
    if limit is None or spent + n <= limit:
        asked.check(policy, used(asked, policy, spent))
    else:
        refusal(policy, spent, n=n)


@pytest.mark.parametrize(
    ("policy", "images", "says"),
    [
        (Policy(limits=(Limit(3, span=Span.HOUR),)), 3,
         "You've used all 3 of your images this hour. More at 09:00 UTC."),
        (Policy(limits=(Limit(3, span=Span.MONTH),)), 3,
         "You've used all 3 of your images this month. More on 1 February."),
        (Policy(limits=(Limit(3, rolling=True),)), 3,
         "You've used all 3 of your images within 24 hours. More comes back bit by bit."),
        (Policy(limits=(Limit(3, where="C1"),)), 3,
         "You've used all 3 of your images for today in this channel. More at 00:00 UTC."),
        (Policy(limits=(Limit(3),), zone="Asia/Kathmandu"), 3,
         "You've used all 3 of your images for today. More at 00:00 Asia/Kathmandu."),
        (Policy(limits=(Limit(0, Measure.DOLLARS),)), 0,
         "Image making is switched off for members of this workspace; ask an admin."),
    ],
)  # fmt: skip
def test_each_kind_of_limit_says_what_it_is(policy: Policy, images: int, says: str) -> None:
    assert str(refusal(policy, images, cost=1)) == says


@pytest.mark.parametrize(
    ("spent", "what", "says"),
    [
        (DOLLAR, {}, "You've used all $1.00 of yours today. More at 00:00 UTC."),
        (900_000, {"cost": 170_000}, "This may cost $0.170; you have $0.100 left today. More at 00:00 UTC."),
        (900_000, {"cost": 170_000, "cheaper": (Cheaper("medium quality", 120_000), Cheaper("low quality", 25_000))},
         "This may cost $0.170; you have $0.100 left today. 4 left at low quality."),
        (900_000, {"cost": 160_000, "n": 4}, "This may cost $0.160; you have $0.100 left today. Ask for 2."),
    ],
)  # fmt: skip
def test_money_that_is_short_offers_what_it_is_enough_for(spent: int, what: dict[str, object], says: str) -> None:
    policy = Policy(limits=(Limit(DOLLAR, Measure.DOLLARS),))
    assert str(refusal(policy, 0, spent, **({"cost": 50_000} | what))) == says  # type: ignore[arg-type]


def test_a_budget_stops_everybody_and_an_admin_reads_how_to_go_on() -> None:
    policy = Policy(budgets=(Budget(DOLLAR), Budget(5 * DOLLAR, Span.DAY, "C1"), Budget(0, where="C2")))
    refused = refusal(policy, 0, DOLLAR, cost=1)
    assert str(refused) == "This workspace's budget for January is used up; ask an admin."
    assert "budget of this workspace for January ($1.00)" in refused.for_admin
    boss = replace(ALICE, is_admin=True)
    assert str(refusal(policy, 0, DOLLAR, cost=1, user=boss)).endswith("is used up; raise it, or grant more.")
    low = (Cheaper("low quality", 1000),)
    short = refusal(policy, 0, DOLLAR - 5000, cost=50_000, cheaper=low)
    assert str(short) == (
        "This may cost $0.050; this workspace's budget for January has $0.005 left. 5 left at low quality."
    )


def test_of_two_limits_the_one_with_less_left_is_told_and_of_equal_ones_the_longer() -> None:
    hours = Limit(10, span=Span.HOUR)
    policy = Policy(limits=(hours, Limit(12)))
    asked = Asked(ALICE, "C1", NOON, 4)
    hour, day = meters(policy, ALICE, "C1", NOON)
    with pytest.raises(OverQuota, match="2 left this hour"):
        asked.check(policy, Used({hour.window: Spent(8, 0), day.window: Spent(9, 0)}))
    with pytest.raises(OverQuota, match="2 left today"):
        asked.check(policy, Used({hour.window: Spent(8, 0), day.window: Spent(10, 0)}))


def test_what_costs_nothing_uses_up_no_dollars() -> None:
    policy = Policy(limits=(Limit(0, Measure.DOLLARS),), budgets=(Budget(0),))
    asked = Asked(ALICE, "C1", NOON)
    asked.check(policy, used(asked, policy, cost=5 * DOLLAR))


@pytest.mark.parametrize(("most", "says"), [(2, "2 requests of yours are still on the way"), (1, "A request of yours"),
                                            (0, "switched off")])  # fmt: skip
def test_only_so_many_requests_may_be_on_their_way(most: int, says: str) -> None:
    policy = Policy(in_flight=most)
    assert says in str(refusal(policy, in_flight=most))
    if most:
        asked = Asked(ALICE, "C1", NOON)
        asked.check(policy, used(asked, policy, in_flight=most - 1))


@pytest.mark.parametrize(
    ("grant", "amount"),
    [
        (Grant(20, NOON + 1, who="user:U1"), 30),
        (Grant(20, NOON, who="user:U1"), 10),
        (Grant(20, NOON + 1, who="user:U2"), 10),
        (Grant(20, NOON + 1, Measure.DOLLARS, who="user:U1"), 10),
        (Grant(20, NOON + 1, who="user:U1", where="C1"), 30),
        (Grant(20, NOON + 1, who="user:U1", where="C2"), 10),
        (Grant(20, NOON + 1), 10),
    ],
)
def test_a_grant_adds_to_a_person_s_limits_until_it_ends(grant: Grant, amount: int) -> None:
    (meter,) = meters(Policy(images_per_day=10, grants=(grant,)), ALICE, "C1", NOON)
    assert meter.amount == amount


def test_a_grant_for_a_budget_lifts_that_budget_only() -> None:
    more = Grant(DOLLAR, NOON + 1, Measure.DOLLARS, where="C1")
    policy = Policy(images_per_day=None, budgets=(Budget(DOLLAR), Budget(DOLLAR, where="C1")), grants=(more,))
    assert [one.amount for one in meters(policy, ALICE, "C1", NOON)] == [DOLLAR, 2 * DOLLAR]


@pytest.mark.parametrize(("cost", "count"), [(799_999, 0), (800_000, 1), (DOLLAR, 1)])
def test_admins_are_told_at_eighty_per_cent_of_a_budget(cost: int, count: int) -> None:
    policy = Policy(budgets=(Budget(DOLLAR),))
    asked = Asked(ALICE, "C1", NOON)
    found = alerts(policy, ALICE, "C1", used(asked, policy, cost=cost), NOON)
    assert len(found) == count
    assert all("80% of the budget of this workspace for January ($1.00)" in sentence for _, sentence in found)


def test_an_alert_has_another_key_in_the_next_month_and_for_another_amount() -> None:
    asked, later = Asked(ALICE, "C1", NOON), Asked(ALICE, "C1", NOON + 31 * 86_400_000)
    keys = set()
    for amount in (DOLLAR, 2 * DOLLAR):
        policy = Policy(budgets=(Budget(amount),))
        for one in (asked, later):
            found = alerts(policy, ALICE, "C1", used(one, policy, cost=2 * DOLLAR), one.now)
            keys |= {key for key, _ in found}
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("policy", "each", "says"),
    [
        (Policy(), 40_000, "93 left today"),
        (Policy(images_per_day=None), 40_000, ""),
        (Policy(limits=(Limit(8, span=Span.HOUR),)), 40_000, "1 left this hour"),
        (Policy(limits=(Limit(DOLLAR, Measure.DOLLARS),)), 40_000, "$0.500 left today"),
        (Policy(limits=(Limit(DOLLAR, Measure.DOLLARS),)), 0, "93 left today"),
        (Policy(budgets=(Budget(600_000),)), 40_000, "$0.100 left in this workspace's budget for January"),
        (Policy(limits=(Limit(9, where="C1"),)), 0, "2 left today in this channel"),
    ],
)
def test_the_footer_names_what_is_used_up_first(policy: Policy, each: int, says: str) -> None:
    found = meters(policy, ALICE, "C1", NOON)
    facts = Used({one.window: Spent(7, 500_000) for one in found})
    first = tightest(found, facts, each)
    assert (left_words(first, first.left(facts)) if first else "") == says


ORDER = ("low", "medium", "high")


@pytest.mark.parametrize(
    ("tier", "options", "says"),
    [
        (Tier(models=("a", "b")), Options("m"), "m is not for you here. Use a or b."),
        (Tier(qualities=("low", "medium")), Options("m", quality="high"), "Use medium or low."),
        (Tier(n=4), Options("m", n=5), "Ask for 4."),
        (Tier(pixels=1024 * 1024), Options("m", size="1536x1024"), "at most 1024x1024"),
        (Tier(pixels=1024 * 1024), Options("m"), "auto is too large"),
        (Tier(thinking=False), Options("m", think="low"), "Leave out --think and --web."),
        (Tier(thinking=False), Options("m", web=True), "Leave out --think and --web."),
    ],
)
def test_a_tier_refuses_with_what_it_allows_nearest_first(tier: Tier, options: Options, says: str) -> None:
    with pytest.raises(Refused, match=says.replace(".", r"\.")) as refused:
        check_tier(tier, options, ORDER)
    assert refused.value.stage == "policy"
    check_tier(Tier(), options, ORDER)


def test_several_roles_allow_together_what_each_allows() -> None:
    tiers = (Tier("role:designers", models=("a",), qualities=("low",), n=2, pixels=100, thinking=False),
             Tier("role:interns", models=("b",), n=4, thinking=True), Tier(models=("c",)))  # fmt: skip
    assert tier_for(Policy(tiers=tiers), ALICE, "C1") == Tier(models=("a", "b"), n=4)
    assert tier_for(Policy(tiers=(*tiers, Tier("user:U1", n=1))), ALICE, "C1") == Tier(n=1)
    assert tier_for(Policy(tiers=tiers), User("chat", "U9", "Zoe"), "C1") == Tier(models=("c",))


def test_what_nobody_asked_for_is_brought_into_the_tier() -> None:
    tier = Tier(qualities=("low",), pixels=1024 * 1024)
    assert fitted(tier, Options("m", quality="high"), set(), ORDER) == Options("m", "1024x1024", "low")
    asked = Options("m", "2048x2048", "high")
    assert fitted(tier, asked, {"quality", "size"}, ORDER) == asked
    assert fitted(Tier(), Options("m"), set(), ORDER) == Options("m")


def test_a_zone_that_nobody_knows_counts_as_utc() -> None:
    for zone in ("", "Mars/Olympus", "../../etc/passwd", "x" * 5000, "\0"):
        (meter,) = meters(Policy(zone=zone), ALICE, "C1", NOON)
        assert (meter.ends, meter.zone) == (MIDNIGHT, dt.UTC)
