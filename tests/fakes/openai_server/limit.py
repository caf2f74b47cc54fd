"""Requests per minute, counted in a sliding window, and told in the headers OpenAI uses."""

from __future__ import annotations

import math
import time
from collections import deque

from tests.fakes.openai_server.faults import ApiError


class Limit:
    """`requests` in each `window` of seconds; None: no limit, no headers. What was refused does not count."""

    def __init__(self, requests: int | None, window: float) -> None:
        self._requests, self._window = requests, window
        self._taken: deque[float] = deque()

    def take(self) -> None:
        """Count one request; raises ApiError, which says how long to wait, when there is no room."""
        now = self._swept()
        if self._requests is None:
            return
        if len(self._taken) >= self._requests:
            wait = self._taken[0] + self._window - now if self._taken else self._window
            raise ApiError(429, "rate_limit_exceeded", f"Rate limit reached for requests: limit {self._requests}.",
                           kind="requests", headers={"retry-after-ms": str(math.ceil(wait * 1000))})  # fmt: skip
        self._taken.append(now)

    def headers(self) -> dict[str, str]:
        """Limit, what remains of it, and when all of it is back."""
        if self._requests is None:
            return {}
        now = self._swept()
        return {
            "x-ratelimit-limit-requests": str(self._requests),
            "x-ratelimit-remaining-requests": str(self._requests - len(self._taken)),
            "x-ratelimit-reset-requests": duration(self._taken[-1] + self._window - now if self._taken else 0),
        }

    def _swept(self) -> float:
        now = time.monotonic()
        while self._taken and self._taken[0] + self._window <= now:
            self._taken.popleft()
        return now


def duration(seconds: float) -> str:
    """As OpenAI writes it: 1.5s, 1m2s."""
    if seconds < 60:
        return f"{math.ceil(seconds * 1000) / 1000:g}s"
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}m{rest}s"
