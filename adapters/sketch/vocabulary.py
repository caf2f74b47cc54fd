"""The words the sketch engine knows, as data, and how they are found in what people write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from adapters.sketch.colours import NAMED

THINGS: dict[str, str] = {
    # sky
    "sun": "sun sunshine sunny sonne soleil sol солнце 太陽 太阳",
    "moon": "moon moonlight moonlit full_moon mond lune luna луна 月",
    "stars": "stars starry starlight milky_way constellation sterne étoiles estrellas звёзды 星",
    "cloud": "cloud cloudy overcast wolke nuage nube облака 雲 云",
    "rainbow": "rainbow regenbogen",
    "aurora": "aurora northern_lights",
    "comet": "comet shooting_star meteor",
    "planet": "planet saturn jupiter mars planets",
    "birds": "flock seagull gull birds geese",
    "fireworks": "firework fireworks",
    # land
    "mountain": "mountain mountains alps peak summit himalaya berg berge montagne montaña гора горы 山",
    "hill": "hill hills green_hills meadow countryside landscape valley park garden grass nature",
    "sea": "sea ocean coast seaside bay harbor harbour waves meer mer море 海",
    "lake": "lake river pond fjord see_im lac lago озеро 湖",
    "beach": "beach shore tropical island strand plage playa пляж",
    "desert": "desert dune dunes sahara wüste",
    "forest": "forest woods woodland jungle pines wald forêt bosque лес лесу 森 森林",
    "field": "field farm wheat farmland",
    "road": "road highway street path route road_trip straße дорога 道",
    "city": "city skyline town downtown skyscraper skyscrapers cityscape metropolis tokyo york london paris "
    "shanghai building buildings tower stadt ville ciudad город 街 城市 都市",
    "snowfield": "snowy ski glacier arctic antarctica",
    # standing
    "tree": "tree oak maple baum arbre árbol дерево 木 树",
    "pine": "pine fir christmas_tree",
    "palm": "palm palm_tree coconut",
    "blossom": "cherry_blossom blossom sakura 桜",
    "cactus": "cactus cacti",
    "house": "house cottage cabin hut home bakery shop haus maison casa дом 家",
    "lighthouse": "lighthouse leuchtturm phare faro",
    "castle": "castle palace fortress schloss château castillo замок 城",
    "tent": "tent camp camping",
    "lamp": "lamp lantern streetlight",
    # animals and people
    "cat": "cat kitten kitty kitties katze gato кот кошка 猫",
    "dog": "dog puppy hound hund chien perro собака 犬 狗",
    "fox": "fox foxes fuchs renard zorro лиса 狐",
    "wolf": "wolf wolves",
    "rabbit": "rabbit bunny bunnies hare",
    "bear": "bear teddy",
    "panda": "panda",
    "tiger": "tiger",
    "lion": "lion",
    "mouse": "mouse mice hamster",
    "owl": "owl",
    "penguin": "penguin",
    "bird": "bird sparrow robin parrot vogel oiseau pájaro птица 鳥",
    "fish": "fish goldfish fishes",
    "whale": "whale dolphin",
    "person": "person man woman girl boy child kid people hiker traveler traveller developer someone figure",
    "robot": "robot android bot cyborg",
    # things
    "train": "train locomotive railway subway zug поезд 列車 电车 電車 火车",
    "car": "car taxi van auto voiture coche машина 車",
    "boat": "boat ship sailboat yacht sailing boot bateau barco лодка 船",
    "rocket": "rocket spaceship spacecraft launch rakete fusée cohete ракета ロケット 火箭",
    "balloon": "balloon hot_air_balloon",
    "plane": "plane airplane aeroplane jet flight travel",
    "coffee": "coffee coffee_shop coffee_bar cup mug tea espresso latte cappuccino cafe café kaffee кофе コーヒー 咖啡",
    "flower": "flower daisy sunflower bouquet blume fleur flor цветок 花",
    "tulip": "tulip rose",
    "mushroom": "mushroom toadstool fungus",
    "cake": "cake birthday birthday_cake cupcake",
    "book": "book books library novel",
    "umbrella": "umbrella parasol",
    "pumpkin": "pumpkin halloween",
    "gift": "gift present giveaway",
    "snowman": "snowman",
    "heart": "heart love valentine",
    "star": "star",
    # weather
    "rain": "rain rainy drizzle regen pluie lluvia дождь 雨",
    "snow": "snow snowing snowfall snowflake blizzard schnee neige nieve снег 雪",
    "fog": "fog foggy mist misty haze hazy",
    "lightning": "lightning thunderbolt thunder",
    "confetti": "confetti party celebration celebrate",
    "bubbles": "bubbles bubble",
}

SUBJECTS = frozenset(
    [
        "tree",
        "pine",
        "palm",
        "blossom",
        "cactus",
        "house",
        "lighthouse",
        "castle",
        "tent",
        "lamp",
        "cat",
        "dog",
        "fox",
        "wolf",
        "rabbit",
        "bear",
        "panda",
        "tiger",
        "lion",
        "mouse",
        "owl",
        "penguin",
        "bird",
        "fish",
        "whale",
        "person",
        "robot",
        "train",
        "car",
        "boat",
        "rocket",
        "balloon",
        "plane",
        "coffee",
        "flower",
        "tulip",
        "mushroom",
        "cake",
        "book",
        "umbrella",
        "pumpkin",
        "gift",
        "snowman",
        "heart",
        "star",
    ]
)
"""Single things, which have a colour and a size of their own; all others are scenery."""

MOODS: dict[str, str] = {
    "night": "night nighttime midnight nocturnal dark nacht nuit noche ночь 夜",
    "sunset": "sunset dusk evening twilight sundown golden_hour sonnenuntergang закат 夕日",
    "dawn": "dawn sunrise morning daybreak",
    "day": "day daytime daylight noon midday bright_day summer",
    "storm": "storm stormy thunderstorm gloomy",
    "winter": "winter wintry christmas winterly icy зима 冬",
    "autumn": "autumn fall october autumnal herbst automne осень 秋",
    "spring": "spring springtime frühling printemps весна 春",
    "neon": "neon cyberpunk synthwave vaporwave retrowave futuristic",
    "pastel": "pastel dreamy kawaii",
    "space": "space galaxy cosmos universe nebula outer_space weltraum космос 宇宙",
    "underwater": "underwater undersea reef aquarium",
}

LAYOUTS: dict[str, str] = {
    "poster": "poster flyer banner cover book_cover album_cover postcard plakat affiche invitation ad",
    "logo": "logo emblem badge",
    "icon": "icon favicon app_icon avatar",
    "sticker": "sticker emoji decal",
}

ADJUSTMENTS: dict[str, str] = {
    "warmer": "warm warmer cozy cosy wärmer",
    "cooler": "cool cooler colder cold",
    "darker": "darker dim dimmer moody dunkler",
    "brighter": "bright brighter lighter light heller",
    "contrast": "contrast contrasty punchier punchy",
    "softer": "softer soft",
    "black and white": "black_and_white grayscale greyscale monochrome b&w bw noir schwarzweiß",
    "sepia": "sepia vintage retro old_photo antique",
    "vivid": "vivid vibrant saturated colorful colourful",
    "muted": "muted desaturated faded",
    "blur": "blur blurry blurred blurrier",
    "sharpen": "sharpen sharper sharp crisp crisper",
    "mirror": "mirror mirrored flip flipped",
    "upside down": "upside_down",
    "pixelate": "pixelate pixelated pixel_art 8bit pixels",
    "vignette": "vignette",
    "invert": "invert inverted negative",
    "watercolour": "watercolor watercolour painting painted painterly oil_painting aquarelle",
    "pencil": "pencil line_art drawing pencil_drawing",
    "posterize": "posterize posterise comic cartoon pop_art",
    "frame": "frame framed border polaroid",
}

_NUMBERS = "one two three four five six"
NUMBERS = {
    **{word: number for number, word in enumerate(_NUMBERS.split(), 1)},
    **{str(number): number for number in range(2, 7)},
    "a": 1,
    "an": 1,
    "some": 2,
    "couple": 2,
    "few": 3,
    "several": 4,
    "many": 5,
}

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|b&w", re.UNICODE)
_LONGEST = 3  # words in one entry, as "hot air balloon"


@dataclass(frozen=True, slots=True)
class Found:
    """A known word: its family ("thing", "mood" …), what it means, and between which tokens it stands."""

    family: str
    name: str
    start: int
    end: int
    plural: bool = False


def tokens(text: str) -> list[str]:
    """The words of a text in lower case; known Chinese and Japanese words need no space between them."""
    words: list[str] = []
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).lower()):
        word = match.group()
        words += _unspaced(word) if any(ord(letter) > 0x2E80 for letter in word) else [word]
    return words


def find(words: list[str], families: tuple[str, ...] = ("thing", "mood", "layout", "adjust", "colour")) -> list[Found]:
    """All known words in order; where entries overlap the longest wins."""
    found: list[Found] = []
    start = 0
    while start < len(words):
        hit = _at(words, start, families)
        if hit:
            found.append(hit)
        start = hit.end if hit else start + 1
    return found


def _at(words: list[str], start: int, families: tuple[str, ...]) -> Found | None:
    for length in range(min(_LONGEST, len(words) - start), 0, -1):
        text = "_".join(words[start : start + length])
        for form in _singulars(text):
            for family, name in _index().get(form, ()):
                if family in families:
                    return Found(family, name, start, start + length, form != text)
    return None


def _singulars(word: str) -> Iterator[str]:
    yield word
    if word.endswith("ies") and len(word) > 4:
        yield word[:-3] + "y"
    if word.endswith("es") and len(word) > 4:
        yield word[:-2]
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        yield word[:-1]


@cache
def _index() -> dict[str, list[tuple[str, str]]]:
    index: dict[str, list[tuple[str, str]]] = {}
    tables = (("thing", THINGS), ("mood", MOODS), ("layout", LAYOUTS), ("adjust", ADJUSTMENTS))
    for family, table in tables:
        for name, words in table.items():
            for word in words.split():
                index.setdefault(word, []).append((family, name))
    for name in NAMED:
        index.setdefault(name, []).append(("colour", name))
    return index


@cache
def _unspaced_words() -> tuple[str, ...]:
    return tuple(sorted((word for word in _index() if ord(word[0]) > 0x2E80), key=len, reverse=True))


def _unspaced(text: str) -> list[str]:
    """Known words inside a run of Chinese or Japanese, and what lies between them."""
    words: list[str] = []
    place = 0
    while place < len(text):
        word = next((known for known in _unspaced_words() if text.startswith(known, place)), text[place])
        words.append(word)
        place += len(word)
    return words
