"""How fast a gateway may be asked, and whether it is worth asking at all: configured, then learned from its answers."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Mapping

Clock = Callable[[], float]

_KINDS = ("requests", "images", "tokens", "input-images")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?\Z")
_LONGEST_RESET = 120.0  # seconds; a limit per day must not hold every request until tomorrow


class Pace:
    """At most `most` requests at a time, none before the gateway's own limits allow. First come, first served."""

    def __init__(self, most: int, now: Clock = time.monotonic) -> None:
        self._most = most
        self._allowed = float(most)
        self._busy = 0
        self._not_before = 0.0
        self._line: deque[asyncio.Future[None]] = deque()
        self._now = now

    @property
    def allowed(self) -> int:
        """How many may run at a time now: halved when the gateway complains, creeping back while it does not."""
        return max(1, int(self._allowed))

    @property
    def ahead(self) -> int:
        """How many requests must end before another may start; 0: it may start now, but for `delay`."""
        return max(0, self._busy + len(self._line) - self.allowed + 1)

    def delay(self) -> float:
        """Seconds until the gateway's limits allow another request."""
        return max(0.0, self._not_before - self._now())

    async def enter(self) -> None:
        """Wait for a turn. Whoever came in must `leave`."""
        if self._busy < self.allowed and not self._line:
            self._busy += 1
        else:
            await self._queue_up()
        try:
            while (delay := self.delay()) > 0:  # noqa: ASYNC110 — the time to wait for may have been put off
                await asyncio.sleep(delay)
        except BaseException:
            self.leave()
            raise

    async def _queue_up(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.leave()  # the turn came in the very moment of leaving
            elif turn in self._line:
                self._line.remove(turn)
            raise

    def leave(self) -> None:
        """A request is over: the next may come."""
        self._busy -= 1
        self._call_up()

    def _call_up(self) -> None:
        while self._line and self._busy < self.allowed:
            turn = self._line.popleft()
            if not turn.done():
                self._busy += 1
                turn.set_result(None)

    def learn(self, headers: Mapping[str, str]) -> None:
        """What a good answer says of the limits: where nothing remains, the next request waits for the reset."""
        self._allowed = min(float(self._most), self._allowed + 1 / max(1.0, self._allowed))
        for kind in _KINDS:
            if headers.get(f"x-ratelimit-remaining-{kind}", "").strip() != "0":
                continue
            seconds = duration(headers.get(f"x-ratelimit-reset-{kind}", ""))
            if seconds is not None:
                self._hold(min(seconds, _LONGEST_RESET))
        self._call_up()

    def push_back(self, seconds: float) -> None:
        """The gateway said it is too busy: wait, and ask for less at a time."""
        self._allowed = max(1.0, self._allowed / 2)
        self._hold(seconds)

    def _hold(self, seconds: float) -> None:
        self._not_before = max(self._not_before, self._now() + seconds)


def duration(text: str) -> float | None:
    """Seconds in "62.5s", "1m2s", "120ms" or a bare number; None when it is none of these."""
    text = text.strip().lower()
    if not text or len(text) > 40:
        return None
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    match = _DURATION.match(text)
    if not match:
        return None
    days, hours, minutes, seconds, thousandths = (float(part or 0) for part in match.groups())
    return days * 86_400 + hours * 3600 + minutes * 60 + seconds + thousandths / 1000


class Breaker:
    """Keeps requests away from a gateway that keeps failing. After a rest, one is let through to see."""

    def __init__(self, now: Clock = time.monotonic) -> None:
        self._now = now
        self._failures = 0
        self._rests = 0
        self._until = 0.0
        self._is_tried = False
        self._why: Exception | None = None

    @property
    def why(self) -> Exception | None:
        """The failure that opened it; None: it is closed."""
        return self._why

    def why_not(self) -> Exception | None:
        """Why not to ask now; None: it is worth trying."""
        return self._why if self._now() < self._until else None

    def check(self) -> Exception | None:
        """As `why_not`, for one that is about to ask: after a rest, that puts the others off until it is over."""
        if self._why and not (why_not := self.why_not()):
            self._until = self._now() + _TRIAL
            self._is_tried = True
            return why_not
        return self.why_not()

    def give_back(self) -> None:
        """The one that was let through is over. If nothing was learned from it, the next may try at once."""
        if self._is_tried:
            self._is_tried = False
            self._until = self._now()

    def rests_for(self) -> float:
        """Seconds of rest that are left."""
        return max(0.0, self._until - self._now()) if self._why else 0.0

    def failed(self, why: Exception, *, at_once: bool = False, rest: float = 0.0) -> bool:
        """A failure of the gateway's own, which rests for at least `rest` seconds if that opens the breaker: True."""
        self._failures += 1
        if not at_once and self._failures < _PATIENCE and self._why is None:
            return False
        self._until = self._now() + min(max(rest, _FIRST_REST * 2**self._rests), _LONGEST_REST)
        self._rests = min(self._rests + 1, _MOST_DOUBLINGS)
        self._is_tried = False
        fresh, self._why = self._why is None, why
        return fresh

    def went_well(self) -> None:
        """An answer came: everything is as it should be."""
        self._failures = self._rests = 0
        self._until = 0.0
        self._is_tried = False
        self._why = None


_PATIENCE = 3  # failures in a row
_FIRST_REST = 15.0  # seconds; doubles each time
_MOST_DOUBLINGS = 10
_LONGEST_REST = 300.0
_TRIAL = 30.0  # how long others wait for the one that tries
