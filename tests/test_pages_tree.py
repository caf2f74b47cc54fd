"""The drawn tree: every version has a spot of its own, and lines between them never cross."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.pages.tree import Spot, laid_out

Tree = list[tuple[str, str | None]]


def test_a_chain_runs_along_one_row() -> None:
    spots = laid_out([("v1", None), *((f"v{n}", f"v{n - 1}") for n in range(2, 301))])
    assert spots["v300"] == Spot(299, 0)
    assert {spot.row for spot in spots.values()} == {0}


def test_each_branch_gets_a_row_of_its_own_below_the_older_ones() -> None:
    tree: Tree = [("v1", None), ("v2", "v1"), ("v3", "v2"), ("v4", "v1"), ("v5", "v2"), ("v6", "v4")]
    spots = laid_out(tree)
    assert {name: (spot.column, spot.row) for name, spot in spots.items()} == {
        "v1": (0, 0), "v2": (1, 0), "v3": (2, 0), "v5": (2, 1), "v4": (1, 2), "v6": (2, 2),
    }  # fmt: skip


def test_starting_over_begins_a_second_tree_below() -> None:
    spots = laid_out([("v1", None), ("v2", "v1"), ("v3", "v1"), ("v4", None), ("v5", "v4")])
    assert (spots["v4"], spots["v5"]) == (Spot(0, 2), Spot(1, 2))


def test_a_version_whose_parent_is_gone_stands_alone() -> None:
    assert laid_out([("v2", "gone"), ("v3", "v2")]) == {"v2": Spot(0, 0), "v3": Spot(1, 0)}


def test_no_version_no_tree() -> None:
    assert laid_out([]) == {}


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Up to 60 versions, each made from one before it or from nothing."""
    count = draw(st.integers(1, 60))
    earlier = [draw(st.integers(-1, n - 1)) for n in range(count)]
    return [(f"v{n}", None if parent < 0 else f"v{parent}") for n, parent in enumerate(earlier)]


@given(trees())
def test_no_two_versions_share_a_spot_and_a_child_is_one_column_further(tree: Tree) -> None:
    spots = laid_out(tree)
    assert len(set(spots.values())) == len(tree) == len(spots)
    for version, parent in tree:
        assert spots[version].column == (spots[parent].column + 1 if parent else 0)
    rows = {spot.row for spot in spots.values()}
    assert rows == set(range(len(rows)))


@given(trees())
def test_no_lines_cross(tree: Tree) -> None:
    spots = laid_out(tree)
    lines = [(spots[parent], spots[version]) for version, parent in tree if parent]
    for mother, child in lines:
        for other_mother, other_child in lines:
            if other_mother == mother or other_mother.column != mother.column:
                continue
            # Both go down in the same gap: one must end before the other begins.
            assert child.row < other_mother.row or other_child.row < mother.row
            assert mother.row != other_child.row
