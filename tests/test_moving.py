"""How a large picture was moved is seen on samples of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_locking import Bench, mask, moved, photo


@pytest.mark.parametrize("by", [(37, -21), (-1, 1), (0, 0)])
def test_the_move_of_a_large_picture_is_found_though_a_part_was_repainted(tmp_path: Path, by: tuple[int, int]) -> None:
    parent = photo((2100, 1400))
    drawn = moved(parent, *by)
    drawn.paste(photo((600, 1400), seed=9), (0, 0))
    assert Bench(tmp_path).lock(parent, drawn, mask(parent.size, [(900, 500, 1300, 900)])).shift == by
