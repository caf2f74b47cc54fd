"""The sketch engine changes its own pictures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import ImageChops

from adapters.sketch.edits import edited
from adapters.sketch.recipe import Recipe, Thing, dump, load, recipe_for
from tests.contracts.provider import opened
from tests.test_sketch.studio import Studio, average, detail, differ, jpeg, kinds, recipe_of, thing


async def test_a_sketch_is_edited_from_its_own_recipe(studio: Studio) -> None:
    first = await studio.draw('a poster of mountains, "DAY"')
    night = await studio.edit(first, "make it night")
    more = await studio.edit(night, "add a cat and two trees, warmer")
    changed = await studio.edit(more, 'change the text to "NEW"')
    assert recipe_of(night).mood == "night"
    assert kinds(more) == {"mountain", "cat", "tree"}
    assert recipe_of(changed).texts == ("NEW",)
    assert {"mountain", "cat", "tree"} <= kinds(changed)


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
async def test_every_format_carries_the_recipe(studio: Studio, output_format: str) -> None:
    first = await studio.draw('a cat "你好"', output_format=output_format)
    second = await studio.edit(first, "remove the text", output_format=output_format)
    assert recipe_of(first).texts == ("你好",)
    assert recipe_of(second).texts == ()
    assert kinds(second) == {"cat"}


@pytest.mark.parametrize(
    ("words", "check"),
    [
        ("bigger text", lambda recipe: recipe.text_scale > 1),
        ("make the title smaller", lambda recipe: recipe.text_scale < 1),
        ("remove the text", lambda recipe: recipe.texts == ()),
        ('add "SUB"', lambda recipe: recipe.texts == ("HELLO", "SUB")),
        ('replace "hello" with "BYE"', lambda recipe: recipe.texts == ("BYE",)),
        ("move the text to the bottom", lambda recipe: recipe.text_place == "bottom"),
        ("make the text red", lambda recipe: recipe.text_colour == "red"),
        ("background red", lambda recipe: recipe.background == "red"),
        ("make the background blue", lambda recipe: recipe.background == "blue"),
        ("warmer", lambda recipe: recipe.adjust[-1].name == "warmer"),
        ("less contrast", lambda recipe: recipe.adjust[-1].name == "softer"),
        ("black and white", lambda recipe: recipe.adjust[-1].name == "black and white"),
        ("much darker", lambda recipe: recipe.adjust[-1].strength > 1),
        ("make the car green", lambda recipe: thing(recipe, "car").colour == "green"),
        ("more snow", lambda recipe: thing(recipe, "snow").count == 3),
        ("make the car bigger", lambda recipe: thing(recipe, "car").scale > 1),
        ("remove the car and the snow", lambda recipe: recipe.things == ()),
        ("replace the car with a dog", lambda recipe: thing(recipe, "dog").count == 1),
        ("turn it into a sunset", lambda recipe: recipe.mood == "sunset"),
    ],
)
def test_what_people_ask_for_changes_the_recipe(words: str, check: Callable[[Recipe], bool]) -> None:
    parent = Recipe(seed="1", things=(Thing("car"), Thing("snow", 2)), texts=("HELLO",))
    after = edited(parent, words)
    assert check(after), after
    assert after.caption == ""


async def test_tone_words_do_what_they_say(studio: Studio) -> None:
    first = await studio.draw("hills and a lake")
    before, warm = average(first), average(await studio.edit(first, "warmer"))
    assert warm[0] - warm[2] > before[0] - before[2] + 8
    assert sum(average(await studio.edit(first, "darker"))) < sum(before) - 40
    assert sum(average(await studio.edit(first, "brighter"))) > sum(before) + 20
    grey = opened(await studio.edit(first, "black and white"))
    red, _, blue, _ = grey.split()
    assert ImageChops.difference(red, blue).getbbox() is None
    assert detail((await studio.edit(first, "blur")).path) < detail(first.path)


@pytest.mark.parametrize(
    "words", ["make it more baroque", "remove the unicorn", "day", "", "😀", "like my dreams, but louder"]
)
async def test_an_edit_always_changes_the_picture(studio: Studio, words: str) -> None:
    for parent in (await studio.draw("a cat on a hill by day"), await jpeg(studio)):
        assert differ(parent, await studio.edit(parent, words))


async def test_an_edit_keeps_the_parents_size_unless_told(studio: Studio) -> None:
    first = await studio.draw("a house", size="200x120")
    assert opened(await studio.edit(first, "make it night")).size == (200, 120)
    assert opened(await studio.edit(first, "make it night", size="120x200")).size == (120, 200)


async def test_a_variation_keeps_the_things_and_changes_the_rest(studio: Studio) -> None:
    first = await studio.draw("a fox in a forest")
    words = "A variation of Image 1: keep its subject and style, change the composition. a fox in a forest"
    second = await studio.edit(first, words)
    third = await studio.edit(second, words)
    assert kinds(first) == kinds(second) == kinds(third)
    assert differ(first, second)
    assert differ(second, third)


def test_a_forged_recipe_is_not_believed() -> None:
    honest = dump(recipe_for('two cats "HI"'))
    assert load(honest) == recipe_for('two cats "HI"')
    changes = (
        ('"count":2', '"count":1e9'),
        ('"cat"', '"dragon"'),
        ('"variant":0', '"variant":"x"'),
        ('"HI"', '{"a":1}'),
        ('"flat":false', '"flat":false,"x":1'),
        ("1.0", "NaN"),
    )
    forged = ["", "[]", "{}", "[" * 100_000, *(honest.replace(old, new) for old, new in changes)]
    assert [load(text) for text in forged] == [None] * len(forged)
