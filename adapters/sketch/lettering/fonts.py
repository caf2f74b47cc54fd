"""Which font has which letter: looked up among the computer's fonts at run time, never guessed.

A font is only used for a letter it draws differently from a letter that cannot exist, so an empty box
("tofu") is never shown. What no font can draw `FontBook.missing` reports, for the picture to say so in words.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from PIL import ImageFont, features

MOST_FONT_FILES = 6_000
_NOWHERE = "\U0010fffe"  # a code point that Unicode promises never to assign
_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")

_DISPLAY = (
    "NotoSansDisplay-Bold Inter-Bold Montserrat-Bold NotoSans-Bold OpenSans-Bold Roboto-Bold "
    "HelveticaNeue Helvetica Arial_Bold arialbd segoeuib DejaVuSans-Bold LiberationSans-Bold FreeSansBold "
    "Ubuntu-B"
)
_PLAIN = (
    "NotoSans-Regular Inter-Regular OpenSans-Regular Roboto-Regular Arial arial segoeui DejaVuSans "
    "LiberationSans-Regular FreeSans"
)
_CJK = (
    "NotoSansCJK-Bold NotoSansCJK-Regular NotoSansCJK SourceHanSans NotoSansJP NotoSansSC PingFang "
    "Hiragino YuGothB msyhbd msyh meiryo malgunbd malgun AppleSDGothicNeo STHeiti simhei wqy ipag "
    "DroidSansFallback NanumGothicBold uming NotoSerifCJK"
)
_BROAD = (
    "DejaVuSans-Bold DejaVuSans Arial_Unicode ArialUnicode NotoSansSymbols2 NotoSansSymbols-Bold "
    "NotoSansMath NotoEmoji Symbola seguisym FreeSerif unifont"
)
_CJK_NAMES = (
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "BOPOMOFO",
    "IDEOGRAPHIC",
    "FULLWIDTH",
    "HALFWIDTH",
    "KANGXI",
)
_NEEDS_SHAPING = frozenset(
    [
        "ARABIC",
        "HEBREW",
        "SYRIAC",
        "THAANA",
        "NKO",
        "DEVANAGARI",
        "BENGALI",
        "GURMUKHI",
        "GUJARATI",
        "ORIYA",
        "TAMIL",
        "TELUGU",
        "KANNADA",
        "MALAYALAM",
        "SINHALA",
        "TIBETAN",
        "MYANMAR",
        "KHMER",
        "MONGOLIAN",
    ]
)  # drawn letter by letter these are wrong or unreadable; only the raqm library joins and orders them


def default_font_folders() -> tuple[Path, ...]:
    """Where this kind of computer keeps its fonts."""
    home = Path.home()
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    if sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", r"C:\Windows"))
        return (windows / "Fonts", home / "AppData/Local/Microsoft/Windows/Fonts")
    return (
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".fonts",
        home / ".local/share/fonts",
    )


class FontBook:
    """The fonts in some folders, read on first use. Safe to share among threads."""

    def __init__(self, folders: Iterable[Path] | None = None) -> None:
        self._folders = tuple(default_font_folders() if folders is None else folders)
        self._lock = threading.RLock()
        self._files: dict[str, Path] | None = None
        self._choice: dict[tuple[str, bool], Face | None] = {}
        self._faces: dict[tuple[str, int], Face | None] = {}
        self.has_shaping = features.check("raqm") is True

    def face(self, letter: str, *, bold: bool = True, hint: str = "") -> Face | None:
        """The best face that has this letter, or None. `hint` is "JP", "KR" or "SC" for Chinese signs."""
        with self._lock:
            key = (letter + hint, bold)
            if key not in self._choice:
                self._choice[key] = self._find(letter, bold, hint)
            return self._choice[key]

    def missing(self, text: str) -> str:
        """The letters of the text that cannot be drawn here, each once, in order."""
        return "".join(
            dict.fromkeys(letter for letter in text if not is_invisible(letter) and self.face(letter) is None)
        )

    def _find(self, letter: str, bold: bool, hint: str) -> Face | None:
        script = script_of(letter)
        if script in _NEEDS_SHAPING and not self.has_shaping:
            return None
        for stem, index in self._candidates(script, bold, hint):
            face = self._open(stem, index)
            if face is not None and face.has(letter):
                return face
        fallback = self._fallback()
        return fallback if fallback is not None and fallback.has(letter) else None

    def _candidates(self, script: str, bold: bool, hint: str) -> list[tuple[str, int]]:
        """Names of fonts to try, most fitting first."""
        if script in _CJK_NAMES:
            index = {"JP": 0, "KR": 1, "SC": 2}.get(hint, 2)
            return [(stem, index if "CJK" in stem else 0) for stem in self._named(_CJK)]
        own = [
            stem
            for stem in self._stems()
            if script and script in stem.upper().replace(" ", "") and "Italic" not in stem
        ]
        own.sort(key=lambda stem: (not stem.startswith("NotoSans"), ("Bold" in stem) != bold, len(stem), stem))
        first = self._named(_DISPLAY if bold else _PLAIN)
        broad = self._named(_BROAD)
        latin = script in ("LATIN", "CYRILLIC", "GREEK", "")
        return [(stem, 0) for stem in ([*first, *own, *broad] if latin else [*own, *first, *broad])]

    def _named(self, names: str) -> list[str]:
        """The files whose names are, or begin with, one of these ("_" stands for a space), in this order."""
        stems = self._stems()
        wanted = [name.replace("_", " ") for name in names.split()]
        exact = [stem for stem in wanted if stem in stems]
        begun = [
            stem
            for name in wanted
            for stem in stems
            if stem.startswith(name) and "Italic" not in stem and "Mono" not in stem
        ]
        return list(dict.fromkeys([*exact, *begun]))

    def _stems(self) -> dict[str, Path]:
        if self._files is None:
            self._files = dict(sorted(_font_files(self._folders).items()))
        return self._files

    def _open(self, stem: str, index: int) -> Face | None:
        if (stem, index) not in self._faces:
            self._faces[stem, index] = _opened(self._stems()[stem], index)
        return self._faces[stem, index]

    def _fallback(self) -> Face | None:
        """Pillow's own small Latin font, always at hand where FreeType is."""
        if ("", 0) not in self._faces:
            font = ImageFont.load_default(24)
            self._faces["", 0] = Face(None, 0) if isinstance(font, ImageFont.FreeTypeFont) else None
        return self._faces["", 0]


class Face:
    """One font file (None: Pillow's own), at any size."""

    def __init__(self, path: Path | None, index: int) -> None:
        self._path = path
        self._index = index
        self._probe = self._load(24, ImageFont.Layout.BASIC)
        self._nothing = _picture_of(self._probe, _NOWHERE)
        self._known: dict[str, bool] = {}
        self.at = functools.lru_cache(maxsize=24)(self._at)

    def has(self, letter: str) -> bool:
        """Whether the font draws this letter, and not the box that stands for a missing one."""
        if letter not in self._known:
            if len(self._known) > 20_000:
                self._known.clear()
            drawn = _picture_of(self._probe, letter)
            self._known[letter] = drawn is not None and drawn != self._nothing
        return self._known[letter] or letter.isspace() or is_invisible(letter)

    def _at(self, size: int) -> ImageFont.FreeTypeFont:
        shaping = ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC
        return self._load(size, shaping)

    def _load(self, size: int, engine: ImageFont.Layout) -> ImageFont.FreeTypeFont:
        if self._path is None:
            font = ImageFont.load_default(size)
            if not isinstance(font, ImageFont.FreeTypeFont):
                raise OSError("this Pillow has no FreeType")
            return font.font_variant(layout_engine=engine)
        return ImageFont.truetype(self._path, size, index=self._index, layout_engine=engine)


def script_of(letter: str) -> str:
    """The first word of a letter's Unicode name, which is its script; "" for signs that belong to all."""
    if unicodedata.category(letter)[0] not in "LM":
        name = unicodedata.name(letter, "")
        return name.split()[0] if name.split(" ")[0] in _CJK_NAMES or "DIGIT" in name else ""
    return unicodedata.name(letter, "").split(" ")[0].split("-")[0]


def is_invisible(letter: str) -> bool:
    """Whether the letter is white space or only steers others (joiners, direction marks, selectors)."""
    return letter.isspace() or unicodedata.category(letter) in ("Cf", "Cc") or "\ufe00" <= letter <= "\ufe0f"


def _font_files(folders: Iterable[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        for root, _, names in os.walk(folder):
            for name in names:
                if name.lower().endswith(_SUFFIXES) and len(found) < MOST_FONT_FILES:
                    path = Path(root, name)
                    found.setdefault(path.stem, path)
    return found


def _opened(path: Path, index: int) -> Face | None:
    try:
        return Face(path, index)
    except (OSError, ValueError):
        return _opened(path, 0) if index else None


def _picture_of(font: ImageFont.FreeTypeFont, letter: str) -> tuple[tuple[int, int], bytes] | None:
    """What the font draws for a letter; None when it draws nothing."""
    try:
        mask = font.getmask(letter)
    except (OSError, ValueError):
        return None
    return (mask.size, bytes(mask)) if mask.size[0] and mask.size[1] and mask.getbbox() else None
