"""People say which part of the picture may change, in words, in six languages or in percent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from bot import pictures
from bot.errors import BadOption
from bot.regions import Region, leading_region, parse_region, write_mask

THIRD, TWO_THIRDS = 1 / 3, 2 / 3
LEFT, RIGHT, TOP, BOTTOM = (0, 0, 0.5, 1), (0.5, 0, 1, 1), (0, 0, 1, 0.5), (0, 0.5, 1, 1)
TOP_LEFT, TOP_RIGHT = (0, 0, 0.5, 0.5), (0.5, 0, 1, 0.5)
BOTTOM_LEFT, BOTTOM_RIGHT = (0, 0.5, 0.5, 1), (0.5, 0.5, 1, 1)
CENTRE = (0.25, 0.25, 0.75, 0.75)
COLUMN, ROW = (THIRD, 0, TWO_THIRDS, 1), (0, THIRD, 1, TWO_THIRDS)


def box(region: Region) -> tuple[float, float, float, float]:
    return region.left, region.top, region.right, region.bottom


@pytest.mark.parametrize(
    ("words", "place", "name"),
    [
        ("left", LEFT, "left half"), ("the left side", LEFT, "left half"), ("RIGHT HALF", RIGHT, "right half"),
        ("half right", RIGHT, "right half"), ("Upper part of the image", TOP, "top half"),
        ("on the left-hand side", LEFT, "left half"), ("lower half", BOTTOM, "bottom half"),
        ("left third", (0, 0, THIRD, 1), "left third"), ("top quarter", (0, 0, 1, 0.25), "top quarter"),
        ("top left", TOP_LEFT, "top left quarter"), ("left top", TOP_LEFT, "top left quarter"),
        ("bottom-right quarter", BOTTOM_RIGHT, "bottom right quarter"),
        ("in the top left corner of the picture", (0, 0, THIRD, THIRD), "top left corner"),
        ("corner bottom right", (TWO_THIRDS, TWO_THIRDS, 1, 1), "bottom right corner"),
        ("centre", CENTRE, "centre"), ("in the center", CENTRE, "centre"),
        ("the middle of the photo", CENTRE, "centre"),
        ("middle third", COLUMN, "middle third"), ("middle strip", COLUMN, "middle third"),
        ("middle column", COLUMN, "middle third"), ("middle row", ROW, "horizontal middle third"),
        ("horizontal middle strip", ROW, "horizontal middle third"),
        ("middle third horizontal", ROW, "horizontal middle third"), ("middle 40%", (0.3, 0, 0.7, 1), "middle 40%"),
        ("left two thirds", (0, 0, TWO_THIRDS, 1), "left two thirds"),
        ("2/3 left", (0, 0, TWO_THIRDS, 1), "left two thirds"),
        ("three-quarters top", (0, 0, 1, 0.75), "top three quarters"), ("top ¾", (0, 0, 1, 0.75), "top three quarters"),
        ("right 40%", (0.6, 0, 1, 1), "right 40%"), ("top 25 %", (0, 0, 1, 0.25), "top 25%"),
        ("bottom 12.5 percent", (0, 0.875, 1, 1), "bottom 12.5%"), ("top left 40%", (0, 0, 0.4, 0.4), "top left 40%"),
        ("top centre", (0.25, 0, 0.75, 0.5), "top centre"), ("middle left", (0, 0.25, 0.5, 0.75), "centre left"),
        ("bottom right third", (TWO_THIRDS, TWO_THIRDS, 1, 1), "bottom right corner"),
        ("top left corner 50%", TOP_LEFT, "top left 50%"), ("left 33.33333%", (0, 0, 0.3333, 1), "left 33.33%"),
        ("top half of the right side", TOP_RIGHT, "top right quarter"),
    ],
)  # fmt: skip
def test_a_part_of_the_picture_has_a_name(words: str, place: tuple[float, ...], name: str) -> None:
    region = parse_region(words)
    assert box(region) == pytest.approx(place)
    assert region.name == name
    assert parse_region(region.name) == region


@pytest.mark.parametrize(
    ("place", "ways"),
    [
        (LEFT, "links | linke Hälfte | linke Haelfte | linke Bildhälfte | auf der linken Seite | links im Bild | "
               "gauche | moitié gauche | à gauche | la moitié de gauche | côté gauche | izquierda | "
               "mitad izquierda | a la izquierda | lado izquierdo | esquerda | "
               "metade esquerda | à esquerda | lado esquerdo da imagem | "
               "sinistra | metà sinistra | META SINISTRA | a sinistra | lato sinistro dell’immagine"),
        (RIGHT, "rechts | rechte Hälfte des Bildes | moitié droite | mitad derecha | metade direita | metà destra"),
        (TOP, "oben | obere Hälfte | en haut | moitié supérieure | le haut de l'image | arriba | mitad superior | "
              "parte superior de la imagen | em cima | metade superior | in alto | metà superiore"),
        (BOTTOM, "unten | untere Hälfte | en bas | moitié du bas | abajo | mitad inferior | embaixo | parte de baixo | "
                 "metade inferior | in basso | parte inferiore"),
        (TOP_RIGHT, "oben rechts | rechts oben | oberes rechtes Viertel | en haut à droite | quart supérieur droit | "
                    "arriba a la derecha | em cima à direita | in alto a destra | quarto superiore destro"),
        (BOTTOM_LEFT, "unten links | en bas à gauche | abajo a la izquierda | embaixo à esquerda | "
                      "in basso a sinistra"),
        ((TWO_THIRDS, 0, 1, THIRD), "rechte obere Ecke | in der Ecke oben rechts | coin supérieur droit | "
                                    "coin en haut à droite | esquina superior derecha | no canto superior direito | "
                                    "angolo in alto a destra"),
        (CENTRE, "Mitte | in der Mitte des Bildes | Bildmitte | au milieu | au centre de l’image | en el centro | "
                 "en el medio | no meio | no centro da foto | al centro | nel mezzo"),
        (COLUMN, "mittleres Drittel | mittlere Spalte | tiers central | tiers du milieu | tercio central | "
                 "terço do meio | terzo centrale"),
        (ROW, "mittlere Reihe | tiers central horizontal | franja central horizontal | faixa horizontal do meio | "
              "striscia centrale orizzontale"),
        ((0, 0, TWO_THIRDS, 1), "die linken zwei Drittel | deux tiers de gauche | dos tercios de la izquierda | "
                                "dois terços da esquerda | due terzi di sinistra"),
        ((0, 0.6, 1, 1), "die unteren 40 Prozent | 40 % du bas | 40 pour cent inférieurs | 40 por ciento inferior | "
                         "40 por cento inferiores | 40 per cento inferiore"),
    ],
)  # fmt: skip
def test_it_can_be_said_in_six_languages(place: tuple[float, ...], ways: str) -> None:
    for words in ways.split(" | "):
        assert box(parse_region(words)) == pytest.approx(place), words


@pytest.mark.parametrize(
    "words",
    ["10%,20%–60%,80%", "10,20–60,80", "10%,20%-60%,80%", "10%, 20% — 60%, 80%", "10 % , 20 % to 60 %,80 %",
     "60,80–10,20", "60%,20%–10%,80%", "10.0%,20.00%–60.001%,80%", "１０％,２０％–６０％,８０％"],
)  # fmt: skip
def test_a_rectangle_is_said_in_percent(words: str) -> None:
    region = parse_region(words)
    assert box(region) == (0.1, 0.2, 0.6, 0.8)
    assert region.name == "10%,20%–60%,80%"


@pytest.mark.parametrize(
    "words",
    [
        "10%,20%–10%,80%",
        "10%,20%–60%,20.5%",
        "10,20–60,101",
        "10,20–101,80",
        "-10,20–60,80",
        "1000,20–60,80",
        "10,20–60",
        "10,20",
    ],
)
def test_a_rectangle_that_cannot_be_is_told_what_can(words: str) -> None:
    with pytest.raises(BadOption, match="between 0% and 100% and at least 1% apart"):
        parse_region(words)


@pytest.mark.parametrize(
    ("words", "why"),
    [("bottom 200px", "not in pixels"), ("abajo 200 píxeles", "not in pixels"),
     ("left 20 pixels", "not in pixels"), ("border", "never a border"),
     ("the edges", "never a border"), ("top edge", "never a border"), ("left 0%", "between 1% and 100%"),
     ("left 0.5%", "between 1% and 100%"), ("right 140 percent", "between 1% and 100%"),
     ("the dog", "don't know this part"), ("", "don't know this part"), ("40%", "don't know this part"),
     ("half", "don't know this part"), ("left corner", "don't know this part"), ("left right", "don't know this part"),
     ("top top", "don't know this part"), ("left half top third", "don't know this part"),
     ("centre of the left half", "don't know this part"), ("left third of the top", "don't know this part"),
     ("middle row row", "don't know this part"), ("centre corner", "don't know this part"),
     ("top left row", "don't know this part"),
     ("top left centre", "don't know this part"), ("left row", "don't know this part"),
     ("vertical middle row", "don't know this part"), ("left two", "don't know this part"),
     ("top 40% third", "don't know this part"), ("left " * 10_000, "don't know this part")],
)  # fmt: skip
def test_a_part_that_cannot_be_is_told_what_can_be_said(words: str, why: str) -> None:
    with pytest.raises(BadOption, match=why) as refused:
        parse_region(words)
    sentence = str(refused.value)
    assert "\n" not in sentence and sentence.endswith(".") and len(sentence) < 250
    for offered in re.findall('"(.+?)"', sentence):
        parse_region(offered)


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("left half: make it blue", "left half", "make it blue"),
        ("Top right: add a sun", "top right quarter", "add a sun"),
        ("centre:sharper", "centre", "sharper"),
        ("10%,20%–60%,80%: a boat", "10%,20%–60%,80%", "a boat"),
        ("left: he is right", "left half", "he is right"),
        ("Moitié gauche\u00a0: en bleu", "left half", "en bleu"),
        ("in the top left corner of the picture: a moon", "top left corner", "a moon"),
        ("bottom third: write “Menu: soup”", "bottom third", "write “Menu: soup”"),
        ("  \n oben rechts:\nein Mond\n", "top right quarter", "ein Mond"),
        ("\u200eleft\u200b half：make it blue", "left half", "make it blue"),
        ("right 40%:", "right 40%", ""),
    ],
)
def test_an_edit_may_begin_with_the_part_it_is_for(text: str, name: str, words: str) -> None:
    found = leading_region(text)
    assert found is not None
    assert (found[0].name, found[1]) == (name, words)
    assert found[0] == parse_region(name)


@pytest.mark.parametrize(
    "text",
    ["note: make it blue", "the left hand: paint it", "left hand: paint it", "v2: darker", "2: darker", "new: a cat",
     "top hat: add one", "half price: SALE", "middle earth: a map", "right now: make it night", "bottom line: less red",
     "on top: a cherry", "left picture: sharper", "do right: be kind", "all right: go", "left and right: darker",
     "top 10: a list", "40%: off", "half: SALE", "third: a cat", "part two: the end", "the picture: make it blue",
     "superior: better light", "Rechte: alle", "die Rechte: alle", "le droit: civil", "derecho: civil", "alto: ahí",
     "quarto: pinta", "a, o: vogais", "bottom 200px: blue", "border: gold", "edges: softer", "left 0%: blue",
     "10%,20%–10%,80%: blue", "10:30 at the station", "https://example.com/left", ": blue", ":left: blue", "",
     "left half, make it blue", "make the left half: blue", "left half", "left" + " " * 40 + ": blue"],
)  # fmt: skip
def test_an_ordinary_sentence_with_a_colon_is_no_region(text: str) -> None:
    assert leading_region(text) is None


PIECES = ["left", "right", "top", "bottom", "middle", "half", "third", "two", "of", "the", "in", "40%", "2/3", "10,20",
          "-", "–", "to", "oben", "à", "haut", "%,.:", "\u200f", "\u0301", "\0", "½", "picture", "corner"]  # fmt: skip
MESSY = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))


@settings(deadline=None)
@given(MESSY)
@example("\ud800: left")
@example("İ left: x")
def test_no_text_is_too_odd_and_every_region_lies_in_the_picture(text: str) -> None:
    leading_region(text)
    leading_region(text + ": make it blue")
    try:
        region = parse_region(text)
    except BadOption:
        return
    assert 0 <= region.left < region.right <= 1
    assert 0 <= region.top < region.bottom <= 1
    assert parse_region(region.name) == region


PLACES = st.sampled_from(
    ["left", "right", "top left", "bottom right", "top centre", "centre left", "centre", "horizontal middle",
     "middle strip", "top right corner"]
)  # fmt: skip
PERCENT = st.decimals(1, 100, places=3).map(str)
SHARES = st.one_of(
    st.sampled_from(["", "half", "third", "quarter", "two thirds", "three quarters", "¼"]), PERCENT.map("{}%".format)
)
FULL = st.decimals(0, 100, places=3).map(str)
SAID = st.one_of(
    st.builds("{} {}".format, PLACES, SHARES),
    st.builds("{} of the picture".format, st.builds("{1} {0}".format, PLACES, SHARES)),
    st.builds("{},{}–{}%,{}".format, FULL, FULL, FULL, FULL),
)


@settings(deadline=None)
@given(SAID)
def test_the_name_of_a_region_says_the_same_region(words: str) -> None:
    try:
        region = parse_region(words)
    except BadOption as refused:
        assert "at least 1% apart" in str(refused)
        return
    assert parse_region(region.name) == region
    assert parse_region(f"  {region.name.upper()} ") == region
    assert leading_region(f"{region.name}: {words}") == (region, words.strip())


@pytest.mark.parametrize(
    "text",
    ["left" * 7500, " " * 30_000 + "left", "left: " * 5000, "\u202e" * 30_000, "\u0301" * 30_000 + ":", "\0" * 30_000,
     "1," * 15_000, "9" * 30_000 + ":", ":" * 30_000, "\ufdfa" * 200, "top " * 50, "l" + "\u200b" * 30_000 + "eft: x",
     "مرحبا: left", "10%,20%" + "–" * 30_000, "to," * 66, "\u200f" * 40 + ": x"],
)  # fmt: skip
def test_hostile_text_is_refused_without_being_studied(text: str) -> None:
    found = leading_region(text)
    assert found is None or (found[0].name == "left half" and text.lstrip().startswith("left:"))
    with pytest.raises(BadOption):
        parse_region(text)


def marked(path: Path) -> Image.Image:
    """Where the picture may change: 255, else 0."""
    with Image.open(path) as mask:
        assert (mask.format, mask.mode) == ("PNG", "RGBA")
        return ImageChops.invert(mask.getchannel("A"))


def test_the_mask_of_a_region_is_open_there_and_nowhere_else(tmp_path: Path) -> None:
    written = write_mask(parse_region("top right"), (64, 48), tmp_path / "mask.png")
    expected = Image.new("L", (64, 48), 0)
    expected.paste(255, (32, 0, 64, 24))
    assert marked(tmp_path / "mask.png").tobytes() == expected.tobytes()
    assert written == pictures.inspect(tmp_path / "mask.png")


def test_the_mask_is_what_the_core_would_make_of_a_painted_one(tmp_path: Path) -> None:
    painted = Image.new("L", (90, 60), 0)
    ImageDraw.Draw(painted).rectangle((30, 0, 59, 59), fill=255)
    painted.save(tmp_path / "painted.png")
    pictures.mask_for(tmp_path / "painted.png", (90, 60), tmp_path / "a.png")
    write_mask(parse_region("middle third"), (90, 60), tmp_path / "b.png")
    with Image.open(tmp_path / "a.png") as one, Image.open(tmp_path / "b.png") as other:
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("width", [1, 2, 3, 99, 100, 101, 1023])
def test_two_halves_neither_overlap_nor_leave_a_gap(tmp_path: Path, width: int) -> None:
    for name in ("left", "right"):
        write_mask(parse_region(name), (width, 8), tmp_path / f"{name}.png")
    left, right = (marked(tmp_path / f"{name}.png") for name in ("left", "right"))
    assert ImageChops.lighter(left, right).getextrema() == (255, 255)
    if width > 1:
        assert ImageChops.darker(left, right).getextrema() == (0, 0)


def test_the_largest_picture_gets_a_mask_the_api_takes(tmp_path: Path) -> None:
    written = write_mask(parse_region("33.33%,10%–34.33%,90%"), (3840, 2160), tmp_path / "mask.png")
    assert written.bytes < pictures.MAX_MASK_BYTES / 40


@settings(deadline=None, max_examples=60)
@given(SAID, st.integers(1, 400), st.integers(1, 400))
@example("left 1%", 16, 16)
@example("99%,99%–100%,100%", 1, 1)
def test_what_a_mask_marks_is_the_rectangle_to_a_pixel(
    tmp_path_factory: pytest.TempPathFactory, words: str, width: int, height: int
) -> None:
    try:
        region = parse_region(words)
    except BadOption:
        return
    out = tmp_path_factory.getbasetemp() / "region-mask.png"
    write_mask(region, (width, height), out)
    mask = marked(out)
    edges = mask.getbbox()
    assert edges is not None, "at least one pixel is marked"
    exact = (region.left * width, region.top * height, region.right * width, region.bottom * height)
    assert all(abs(is_ - should) <= 1 for is_, should in zip(edges, exact, strict=True))
    assert mask.crop(edges).getextrema() == (255, 255)
