"""Commands about references, and pictures named within a prompt: `#3`, `@logo`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.intents.flags import shielded
from bot.intents.nouns import SaveAs, Tray
from bot.models import Role

MAX_NAME = 32  # letters of a reference's name
_LONGEST = 600  # characters of a command: sixteen references with their names
NAME = rf"[a-z0-9][a-z0-9_-]{{0,{MAX_NAME - 1}}}"
_ROLE_WORDS = {
    Role.SUBJECT: "subject|person|character|figure|motiv|figur|sujet|personnage|sujeto|personaje|sujeito|personagem"
    "|soggetto|personaggio|персонаж",
    Role.STYLE: "style|stil|estilo|stile|стиль|стиле",
    Role.LOGO: "logo|logotipo|логотип",
    Role.BACKGROUND: "background|backdrop|hintergrund|fond|arrière-plan|fondo|fundo|plano de fundo|sfondo|фон",
    Role.REFERENCE: "reference|any|referenz|référence|referencia|referência|riferimento",
}
ROLES = {word: role for role, words in _ROLE_WORDS.items() for word in words.split("|")}
# With (?a: …) no letter but "s" is an "s": without it the long ſ would match, and be in no table.
_ROLE = rf"(?P<role>(?ai:{'|'.join(ROLES)}))"
_ONE = rf"(?:#[0-9]{{1,4}}|@(?ai:{NAME}))"
_SOME = rf"(?P<which>{_ONE}(?:(?:\s*,\s*|\s+and\s+|\s+){_ONE})*)"
_TRAY = re.compile(r"(?i)(?:refs?|references?|tray)\s*:?\s+(.+?)\s*[.!]?")
_CHANGES = (
    ("add", re.compile(rf"(?i)(?:add|use|\+)(?:\s+{_SOME}(?:\s+as\s+(?:the\s+|a\s+)?{_ROLE})?)?")),
    ("remove", re.compile(rf"(?i)(?:remove|drop|delete|without|-)\s+{_SOME}")),
    ("role", re.compile(rf"(?i){_SOME}\s+(?:as|is|=)\s+(?:the\s+|a\s+)?{_ROLE}")),
    ("first", re.compile(rf"(?i)(?:first|order|sort)\s+{_SOME}")),
    ("clear", re.compile(r"(?i)(?:clear|none|remove all|empty)")),
)
_SAVE = re.compile(
    rf"(?i)save\s+(?:(?:this|it|the picture)\s+)?(?P<which>#\d{{1,4}}|v\d{{1,4}})?\s*as\s+@(?P<name>{NAME})"
    rf"(?:\s+(?:as|for)\s+(?:the\s+|a\s+)?{_ROLE})?\s*[.!]?"
)


def phrase(words: str) -> Tray | SaveAs | None:
    """`refs add #3`, `refs remove @logo`, `refs #3 as style`, `refs first #3`, `refs clear`, `save #3 as @logo`."""
    words = _narrow(words)
    if found := _SAVE.fullmatch(words):
        return SaveAs(found["name"].lower(), (found["which"] or "").lower(), role_of(found["role"]))
    about = _TRAY.fullmatch(words)
    for change, pattern in _CHANGES if about else ():
        if about and (found := pattern.fullmatch(about[1])):
            said = found.groupdict()
            which = tuple(one.lower() for one in re.findall(_ONE, said.get("which") or ""))
            return Tray(change, which, role_of(said.get("role")))
    return None


def _narrow(text: str) -> str:
    """Signs as on a narrow keyboard, single spaces; "" for what is too long to be a command."""
    return " ".join(unicodedata.normalize("NFKC", text).split()) if len(text) <= _LONGEST else ""


def role_of(word: str | None) -> str:
    """A word for what a reference is for, as `models.Role` has it; "" where none was said."""
    return str(ROLES[word.lower()]) if word else ""


# ── Named references: `/imagine-ref …` ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RefCommand:
    """What `/imagine-ref` is asked. `change` is list, add, delete or show; `role` a word of `models.Role`."""

    change: str
    name: str = ""
    role: str = ""


_REF = re.compile(
    rf"(?is)(?P<change>add|save|delete|remove|show)(?:\s+@?\s?(?P<name>.{{0,500}}?))?"
    rf"(?:\s+(?:as|for)\s+(?:the\s+|a\s+)?{_ROLE})?\s*"
)
_SAME = {"save": "add", "remove": "delete"}


def ref_command(text: str) -> RefCommand | None:
    """Read the words after `/imagine-ref`; None when they are none of its. The name is checked by `is_name`."""
    if text.strip().lower() in ("", "list"):
        return RefCommand("list")
    found = _REF.fullmatch(_narrow(text))
    if found is None:
        return None
    change = found["change"].lower()
    return RefCommand(_SAME.get(change, change), (found["name"] or "").lower(), role_of(found["role"]))


def is_name(text: str) -> bool:
    """Whether a reference can be called so."""
    return re.fullmatch(NAME, text) is not None


# ── Within a prompt ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Mention:
    """A picture that a prompt names: `text` is "#3" or "@logo", `role` what the words around it say it is for."""

    text: str
    role: Role | None = None


# Where words are written without spaces, a letter may stand right beside the name: "#2を使って".
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_LETTER = rf"[^\W{_UNSPACED}]"
_MENTION = re.compile(
    rf"(?<![@#&/.-])(?<!{_LETTER})(?:#(?P<number>[1-9][0-9]{{0,3}})(?!{_LETTER}|[.,][0-9]|-(?!(?i:sti|sty|look)))"
    rf"|@(?![0-9]{{1,2}}x\b)(?P<name>(?ai:{NAME}))(?!{_LETTER}|@|\.{_LETTER}))"
)
_ADDRESS = re.compile(r"(?:\b[A-Za-z][A-Za-z0-9+.-]{1,15}://|\bwww\.|\bmailto:)\S+")

# "#1 dad" is a rank and "colour #123" a colour; "#1 and" is a picture.
_GOES_ON = (
    "above|again|against|and(?! only)|as|at|behind|below|beneath|beside|between|but|by|for|from|here|in|instead|into"
    "|is|left"
    "|like|near|next|not|of|on|only|onto|or|over|plus|please|right|than|then|there|to|too|under|with|without"
    "|aber|als|an|auf|aus|für|im|ist|mit|neben|oder|ohne|statt|über|und|unter|von|vor|wie|zu"
    "|à|au|avec|comme|dans|de|du|en|est|et|mais|ou|par|pour|puis|sans|sous|sur"
    "|a|al|como|con|del|e|es|para|pero|por|sin|sobre|y|da|do|em|mas|na|no|sem|come|ma|nel|nella|per|senza|su"
    "|без|в|вместо|для|и|из|или|как|к|на|но|от|по|с"
)
_AFTER_NUMBER = re.compile(
    rf"(?:['’]s\b|-sti|-sty|-look|[^\S\n]*(?:$|\n|[^\w\s]|(?:{_GOES_ON})\b)|\s?(?![位番号號위호])[{_UNSPACED}])",
    re.IGNORECASE,
)
_TAKEN = re.compile(
    r"\b(?:use|using|put|place|insert|combine|merge|blend|mix|nimm|nutze|verwende|utilise|mets|usa|pon|coloca|metti"
    r"|используй|возьми)\s+$",
    re.IGNORECASE,
)
_NO_PICTURE = re.compile(
    r"(?:\b(?:hashtag|hex|rgb|pantone|colou?r|farbe|couleur|colore|cor|цвет|issue|ticket|bug|room|track|channel"
    r"|chapter)"
    r"|颜色|顏色|カラー|ハッシュタグ|색상)\s*:?\s*$",
    re.IGNORECASE,
)
_BEST = re.compile(
    r"\b(?:the|a|an|our|your|my|his|her|their|we are|you are|i am|(?:we|you|they)['’]re|i['’]m|der|die|das|den|unser"
    r"|wir sind"
    r"|le|la|notre|nous sommes|el|nuestro|somos|o|nosso|il|nostro|siamo)\s+$",
    re.IGNORECASE,
)
_OF = (
    r"(?:of|from|in|like|von|aus|wie|des|de|du|del|da|do|di|dello|della|dell['’]|come|como|comme|из|от|с|как)?\s*"
    r"(?:picture |image |bild |l['’]image |imagen |imagem |immagine |картинки )?$"
)
_AS = r"\s*(?:as|for|als|comme|como|come|как)\s+(?:(?:the|a|an|its|der|die|das|le|la|el|o|il|un|um|una|ein)\s+)?"


def _spoken(words: str, unspaced: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands before a picture's name, and what after it, to say what the picture is for."""
    leads = rf"(?:(?<![\w@])(?:{words})\s+|(?:{unspaced})\s*){_OF}"
    follows = (
        rf"{_AS}(?:{words})\b|(?:['’]s|-)\s?(?:{words})|\s?(?:を|の|的|을|를|의|作为|作為|当|로)?\s?(?:{unspaced})"
    )
    return re.compile(leads, re.IGNORECASE), re.compile(follows, re.IGNORECASE)


_SPOKEN = {
    role: _spoken(_ROLE_WORDS[role] + more, unspaced)
    for role, more, unspaced in (
        (Role.STYLE, "|look", "スタイル|画風|风格|風格|스타일|風"),
        (Role.BACKGROUND, "", "背景|배경"),
        (Role.LOGO, "", "ロゴ|标志|徽标|로고"),
        (Role.SUBJECT, "", "人物|主体|キャラクター|주인공|인물"),
        (Role.REFERENCE, "", "参考"),
    )
}


def mentions(text: str) -> tuple[Mention, ...]:
    """The pictures that a prompt names, in order, each once. What stands in quotation marks is text, not a name."""
    words = _ADDRESS.sub(" ", shielded(unicodedata.normalize("NFKC", text)))
    found: dict[str, Mention] = {}
    for match in _MENTION.finditer(words):
        before = words[max(0, match.start() - 40) : match.start()]
        if match["number"] and not _is_picture(int(match["number"]), before, _AFTER_NUMBER.match(words, match.end())):
            continue
        name = match[0].lower()
        role = _role_around(before, words[match.end() : match.end() + 40])
        if name not in found or (role and not found[name].role):
            found[name] = Mention(name, role)
    return tuple(found.values())


def _is_picture(number: int, before: str, goes_on: re.Match[str] | None) -> bool:
    """Whether "#number" is a picture of the thread, by the words around it."""
    if _NO_PICTURE.search(before) or (number == 1 and _BEST.search(before)):
        return False
    return goes_on is not None or (number > 1 and _TAKEN.search(before) is not None)


def _role_around(before: str, after: str) -> Role | None:
    for role, (_, follows) in _SPOKEN.items():
        if follows.match(after):
            return role
    for role, (leads, _) in _SPOKEN.items():
        if role is not Role.REFERENCE and leads.search(before):
            return role
    return None
