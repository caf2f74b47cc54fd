"""When spans begin and end, in every zone and across every change of clocks."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.limits.spans import STEP_MS, began, ends
from bot.models import Span

HOUR = 3_600_000
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe",
         "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "Pacific/Apia", "Pacific/Chatham", "America/Havana",
         "Asia/Tehran", "Africa/Casablanca")  # fmt: skip
moments = st.integers(1_262_304_000_000, 2_524_608_000_000)  # 2010 to 2050
zones = st.sampled_from(ZONES).map(ZoneInfo)


def at(text: str, zone: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@given(moments, zones, st.sampled_from(Span))
def test_now_lies_in_its_span(now: int, zone: ZoneInfo, span: Span) -> None:
    assert began(span, now, zone) <= now < ends(span, now, zone)


@given(st.integers(1_577_836_800_000, 2_524_608_000_000), zones, st.sampled_from([Span.DAY, Span.MONTH]))
def test_the_next_span_begins_where_this_one_ends(now: int, zone: ZoneInfo, span: Span) -> None:
    end = ends(span, now, zone)
    assert began(span, end, zone) == end
    assert began(span, end - 1, zone) == began(span, now, zone)


@given(st.integers(1_577_836_800_000, 2_524_608_000_000), zones, st.sampled_from(Span))
def test_calendar_spans_begin_with_a_quarter_of_an_hour(now: int, zone: ZoneInfo, span: Span) -> None:
    assert began(span, now, zone) % STEP_MS == 0


@given(moments, zones)
def test_a_day_is_one_date(now: int, zone: ZoneInfo) -> None:
    dates = {dt.datetime.fromtimestamp(moment / 1000, zone).date() for moment in (began(Span.DAY, now, zone), now)}
    assert len(dates) == 1


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2026-03-29", "Europe/Berlin", 23),
        ("2026-10-25", "Europe/Berlin", 25),
        ("2026-06-01", "Europe/Berlin", 24),
        ("2026-10-04", "Australia/Lord_Howe", 23.5),
        ("2026-04-24", "Africa/Cairo", 23),  # clocks jump over midnight
        ("2011-12-29", "Pacific/Apia", 24),  # the 30th was left out
    ],
)
def test_days_on_which_clocks_change_are_as_long_as_they_are(day: str, zone: str, hours: float) -> None:
    now = at(f"{day}T12:00", zone)
    assert ends(Span.DAY, now, ZoneInfo(zone)) - began(Span.DAY, now, ZoneInfo(zone)) == hours * HOUR


def test_a_month_is_the_calendar_s_in_the_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = at("2026-10-31T23:59", "Europe/Berlin")
    assert began(Span.MONTH, now, berlin) == at("2026-10-01T00:00", "Europe/Berlin")
    assert ends(Span.MONTH, now, berlin) == at("2026-11-01T00:00", "Europe/Berlin")
    december = at("2026-12-15T10:00", "Europe/Berlin")
    assert ends(Span.MONTH, december, berlin) == at("2027-01-01T00:00", "Europe/Berlin")


@given(moments, zones, st.sampled_from(Span))
def test_a_rolling_span_counts_at_least_its_length_and_a_quarter_more_at_most(
    now: int, zone: ZoneInfo, span: Span
) -> None:
    length = {Span.HOUR: HOUR, Span.DAY: 24 * HOUR, Span.MONTH: 720 * HOUR}[span]
    start = began(span, now, zone, rolling=True)
    assert length <= now - start < length + STEP_MS
    assert start % STEP_MS == 0
    end = ends(span, now, zone, rolling=True)
    assert now < end <= now + STEP_MS
    assert began(span, end, zone, rolling=True) == start + STEP_MS
