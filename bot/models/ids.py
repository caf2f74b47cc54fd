"""Ids and the clock."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_id(length: int = 12) -> str:
    """A fresh random id that is safe in a URL, a button id and a file name (31 letters: about 59 bits at 12)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def now_ms() -> int:
    """The wall clock in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
