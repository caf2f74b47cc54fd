"""What an edit changed is found and named, whatever the model did to the rest of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from bot.changed import Changes, find_changes, says_only
from bot.errors import BadAttachment
from bot.locking import lock_outside
from tests.photos import picture
from tests.test_locking import photo

Box = tuple[int, int, int, int]
SIZES = [(400, 300), (1024, 1024), (1536, 1024), (300, 1200)]


def shifted(image: Image.Image, right: int, down: int) -> Image.Image:
    """Moved by these pixels; the edges are stretched, as models make something up there."""
    levels = np.pad(np.asarray(image), ((40, 40), (40, 40), (0, 0)), "edge")
    high, wide = image.height, image.width
    return Image.fromarray(levels[40 - down : 40 - down + high, 40 - right : 40 - right + wide])


def scribbled(image: Image.Image, *, tone: int = 3, noise: int = 4, shift: tuple[int, int] = (1, 0)) -> Image.Image:
    """The whole picture repainted lightly, as models do."""
    random = np.random.default_rng(5)
    levels = np.asarray(shifted(image, *shift)).astype(np.int16) + tone
    levels += random.integers(-noise, noise + 1, levels.shape, dtype=np.int16)
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def with_hat(image: Image.Image, box: Box) -> Image.Image:
    changed = image.copy()
    ImageDraw.Draw(changed).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=(225, 30, 60))
    return changed


def part(size: tuple[int, int], *percent: int) -> Box:
    left, top, right, bottom = (size[i % 2] * value // 100 for i, value in enumerate(percent))
    return left, top, right, bottom


@dataclass
class Bench:
    """A folder with a picture before and one after."""

    folder: Path

    def find(self, before: Image.Image, after: Image.Image, kind: str = "PNG", quality: int = 85) -> Changes:
        before.save(self.folder / "before.png", compress_level=1)
        after.save(self.folder / "after", kind, quality=quality)
        return find_changes(self.folder / "before.png", self.folder / "after", self.folder / "mask.png")

    def marked(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        with Image.open(self.folder / "mask.png") as mask:
            return np.asarray(mask.convert("RGBA"))[..., 3] < 128


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    wide, high = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    both = max(0, wide) * max(0, high)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return both / (sum(areas) - both)


# ── Finding ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (-2, 3), (5, -4)])
@pytest.mark.parametrize("size", SIZES)
def test_the_region_that_changed_is_found_under_a_light_scribble(
    bench: Bench, size: tuple[int, int], shift: tuple[int, int], kind: str
) -> None:
    before, box = photo(size), part(size, 10, 10, 35, 35)
    changes = bench.find(before, scribbled(with_hat(before, box), shift=shift), kind)
    assert changes.names == ("top left",)
    assert overlap(changes.boxes[0], box) >= (0.8 if kind == "PNG" else 0.6)
    assert changes.share == pytest.approx(0.0625, abs=0.03)
    truth = np.zeros(size[::-1], bool)
    truth[box[1] : box[3], box[0] : box[2]] = True
    marked = bench.marked()
    assert marked.shape == truth.shape
    assert not (truth & ~marked)[4:-4, 4:-4].any(), "all of it may change"
    assert (truth & marked).sum() / (truth | marked).sum() >= 0.5


@pytest.mark.parametrize(("corner", "name"), [((8, 8), "top left"), ((72, 8), "top right"), ((40, 40), "centre"),
                                              ((8, 72), "bottom left"), ((72, 72), "bottom right")])  # fmt: skip
def test_where_it_changed_is_named(bench: Bench, corner: tuple[int, int], name: str) -> None:
    before = photo((600, 400))
    box = part(before.size, *corner, corner[0] + 20, corner[1] + 20)
    assert bench.find(before, scribbled(with_hat(before, box))).names == (name,)


def test_two_changes_far_apart_are_two_names(bench: Bench) -> None:
    before = photo((600, 400))
    after = with_hat(with_hat(before, part(before.size, 8, 8, 33, 33)), part(before.size, 72, 72, 90, 90))
    assert bench.find(before, scribbled(after)).names == ("top left", "bottom right")


@pytest.mark.parametrize("size", [*SIZES, (64, 64)])
@pytest.mark.parametrize("tone", [-9, 0, 9])
def test_tone_grain_and_a_small_move_are_no_change(bench: Bench, size: tuple[int, int], tone: int) -> None:
    before = photo(size)
    changes = bench.find(before, scribbled(before, tone=tone, shift=(2, 1)))
    assert changes == Changes(0.0)
    assert not (bench.folder / "mask.png").exists()


def test_the_picture_itself_has_not_changed(bench: Bench) -> None:
    assert bench.find(photo(), photo()) == Changes(0.0)


def test_a_picture_drawn_smaller_is_compared_at_its_own_size(bench: Bench) -> None:
    before, box = photo((1024, 768)), part((1024, 768), 60, 60, 85, 85)
    changes = bench.find(before, scribbled(with_hat(before, box)).resize((512, 384)))
    assert changes.names == ("bottom right",)
    assert overlap(changes.boxes[0], box) >= 0.8, "in pixels of the picture before"
    assert changes.mask and (changes.mask.width, changes.mask.height) == (1024, 768)


def test_another_picture_has_changed_for_the_most_part(bench: Bench) -> None:
    changes = bench.find(photo(), Image.new("RGB", (400, 300), (250, 250, 90)))
    assert changes.share > 0.6
    assert changes.names == ("everywhere",)


def test_pictures_of_different_shapes_are_not_compared(bench: Bench) -> None:
    assert bench.find(photo(), photo((300, 400))) == Changes(1.0, same_shape=False)


def test_what_became_transparent_has_changed(bench: Bench) -> None:
    before = photo().convert("RGBA")
    after = before.copy()
    after.paste((0, 0, 0, 0), (20, 20, 120, 110))
    assert bench.find(before, after).names == ("top left",)


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (3, 2), (2000, 2)])
def test_tiny_and_narrow_pictures_are_compared_as_well(bench: Bench, size: tuple[int, int]) -> None:
    assert bench.find(Image.new("RGB", size), Image.new("RGB", size, "white")).share > 0.5


def test_a_broken_file_is_one_clear_sentence(tmp_path: Path) -> None:
    photo().save(tmp_path / "before.png")
    (tmp_path / "after.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    with pytest.raises(BadAttachment):
        find_changes(tmp_path / "before.png", tmp_path / "after.png")


def test_outside_of_what_changed_the_parent_is_put_back_exactly(bench: Bench) -> None:
    before = photo((1024, 768))
    hat, paler = part(before.size, 60, 10, 85, 40), part(before.size, 0, 90, 100, 100)
    wanted = with_hat(before, hat)
    wanted.paste(wanted.crop(paler).point(lambda level: min(255, level + 20)), paler)  # too little to be a change
    changes = bench.find(before, scribbled(wanted, noise=2))
    assert changes.names == ("top right",)
    paths = [bench.folder / name for name in ("before.png", "after", "mask.png", "out.png")]
    locked = lock_outside(*paths)
    assert locked
    with Image.open(bench.folder / "out.png") as out:
        differs = (np.asarray(out) != np.asarray(before)).any(axis=2)
    inside = np.zeros(differs.shape, bool)
    inside[max(0, hat[1] - 40) : hat[3] + 40, hat[0] - 40 : hat[2] + 40] = True
    assert not (differs & ~inside).any()
    truth = 0.1 / (1 - 0.25 * 0.3)
    assert locked.drift == pytest.approx(truth, abs=0.01), "tone, grain and the move are taken back first"


PHOTOS = ("brick", "coffee", "horse", "page", "rocket", "poster", "tiles")  # none that the numbers were chosen on


def small(name: str, edge: int) -> Image.Image:
    image = picture(name).convert("RGB")
    image.thumbnail((edge, edge))
    return image


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("edge", [64, 400])
def test_what_a_lossy_file_loses_is_no_change(bench: Bench, name: str, edge: int) -> None:
    before = small(name, edge)
    assert bench.find(before, before, "JPEG", 75).share < 0.01


@pytest.mark.parametrize("name", PHOTOS)
def test_a_small_change_is_marked_without_much_around_it(bench: Bench, name: str) -> None:
    before = small(name, 768)
    left, top, side = before.width // 3, before.height // 3, before.width // 20
    bench.find(before, scribbled(with_hat(before, (left, top, left + side, top + side))))
    truth, marked = np.zeros((before.height, before.width), bool), bench.marked()
    truth[top : top + side, left : left + side] = True
    assert (truth & marked).sum() / (truth | marked).sum() >= 0.45


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────

ONLY = """
change only the hat | Change ONLY the hat, please | only change the hat | just the hat: red | only the hat: red |
make the hat red, nothing else | make the hat red and nothing else | Red hat. Nothing else should change. |
make the hat red, keep everything else | make the hat red, leave the rest as it is | change the hat only |
leave the rest of the picture as it is, make the hat red | turn the sky pink but keep everything else the same |
only make the hat red | only the hat should change | don't touch anything else, red hat | don’t change the rest |
red hat; everything else stays the same | paint only the door blue | only swap out the logo |
red dress, don't alter anything apart from that | just fix the left hand | only the car's colour should be different |
all other things should stay identical | fix the typo, everything else is perfect | I only want to change the sky |
bitte nichts anderes verändern | ändere sonst nichts am Bild | nur die Schrift soll anders sein |
ne touche qu'au ciel | seule la couleur du mur doit changer | garde le reste à l'identique |
só quero mudar a cor do vestido | solo quiero cambiar el fondo |
ändere nur den Hut | Nur den Hut: rot | nur den Hut ändern | mach den Hut rot, sonst nichts |
mach den Hut rot, den Rest so lassen | alles andere bleibt gleich, Hut rot | lass den Rest, wie er ist |
change seulement le chapeau | ne change que le chapeau | seulement le chapeau : rouge | chapeau rouge, rien d'autre |
laisse le reste tel quel | le reste ne change pas | chapeau rouge, rien d’autre |
cambia solo el sombrero | solo cambia el sombrero | sólo el sombrero: rojo | sombrero rojo, nada más |
deja el resto como está | mantén todo lo demás |
muda só o chapéu | apenas o chapéu: vermelho | chapéu vermelho, mais nada | deixe o resto como está |
cambia solo il cappello | solo il cappello: rosso | cappello rosso, nient'altro | lascia il resto com'è
"""
ORDINARY = """
only remove a bit of the fog | everything else is covered in snow |
nichts Gruseliges | garde le reste à vendre dans la vitrine | only the brave | a lonely house |
just make it night | make it warmer | a man with nothing else to do |
nothing else matters | the only house in the street | leave the rest to your imagination | keep the hat |
add the words "change only the hat" | write „nur den Hut: rot“ on the wall | just the two of us | it's just the hat |
not only red but blue | she only changes at night into a fox | make the sign say 'change nothing else' |
change the text to “leave the rest as it is” | a poster: only the strong survive | only the lonely, by night |
nur die Liebe zählt | der Rest ist Schweigen | ein Haus am See | seulement toi | le reste du monde |
solo tú | una casa sola | nada más que la verdad | só nós dois | solo noi due | il resto del mondo
"""


def listed(text: str) -> list[str]:
    return [" ".join(one.split()) for one in text.split("|")]


@pytest.mark.parametrize("words", listed(ONLY))
def test_words_that_say_only_this_shall_change(words: str) -> None:
    assert says_only(words)


@pytest.mark.parametrize("words", listed(ORDINARY))
def test_ordinary_words_are_no_restriction(words: str) -> None:
    assert not says_only(words)


PEOPLE = ["a fox", "the old house", "ein Haus", "la maison", "only you", "just a man", "every lonely street"]
DOINGS = ["make it", "turn", "add", "remove", "mach", "ajoute", "pon", "with", "under", "only in", "just like"]
KINDS = ["red", "at night", "warmer", "in the style of Monet", "nothing but rain", "the rest of the day", "keep calm"]


@given(st.lists(st.sampled_from([*PEOPLE, *DOINGS, *KINDS]), min_size=1, max_size=8))
def test_sentences_made_of_ordinary_words_never_restrict(words: list[str]) -> None:
    assert not says_only(" ".join(words))


@given(st.sampled_from(listed(ONLY)), st.sampled_from(["“{}”", '"{}"', "«{}»", "„{}“", "「{}」"]))
def test_what_is_to_be_read_in_the_picture_is_no_restriction(words: str, quotes: str) -> None:
    assert not says_only(f"write {quotes.format(words)} on the wall")


@given(st.text())
def test_no_text_breaks_the_reading(words: str) -> None:
    assert says_only(words) in (True, False)
    assert says_only(words * 50) in (True, False)


@pytest.mark.parametrize("words", ["change the ", "only the ", "nothing else", "«", "'a", " ", "den rest "])
def test_thirty_thousand_characters_are_read(words: str) -> None:
    says_only(words * (32_000 // len(words)))
