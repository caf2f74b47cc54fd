r"""What people's words mean: a fixed grammar, no guessing.

| You type | It means |
|---|---|
| `make it night` | edit the picture replied to, or the newest one |
| `v2: make it night` | edit version 2 |
| `2: make it night` | edit picture 2 of several |
| `undo` · `redo` | back to the version before · forward again |
| `left half: make it blue` | edit that part only; the rest stays as it is (also `top right`, `10%,20%-60%,80%`) |
| `zoom out` · `zoom out 1.5x` · `pan left` · `make wide` | more canvas, the old picture stays (also `pan up: a kite`) |
| `back to v3` | make version 3 the current one |
| `show v3` · `info` · `info v3` | show it again · say everything about it |
| `compare` · `compare v2 v5` | what changed, side by side |
| `pick 2` | go on with picture 2 of several |
| `finalize` | the same picture once more, large and in detail (its price is on the button) |
| `again` | the same request once more |
| `vary` · `vary strong` | another picture like this one |
| `new: a blue whale` | start over in this thread |
| `// …`, `thanks!`, 👍, or a message to somebody else | not for the bot; costs nothing |

Flags (`--ar 16:9`, also `—ar 16:9`) work in all of them. Text in quotation marks is never a flag. Case, politeness and
final punctuation don't matter. A command is a command only when it is the whole message: "undo the red tint" is an
edit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.models import ThreadMode


@dataclass(frozen=True, slots=True)
class Imagine:
    """Make a picture from words."""

    prompt: str
    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class New:
    """Start over in this thread."""

    prompt: str
    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """Change a picture. `version` is a number in the thread, `image` counts from 1 within a version."""

    prompt: str
    flags: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    image: int | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """Back to the version before."""


@dataclass(frozen=True, slots=True)
class Redo:
    """Forward to what was undone."""


@dataclass(frozen=True, slots=True)
class Again:
    """The same request once more, perhaps with other flags."""

    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vary:
    """Another picture like this one."""

    prompt: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """Go on with one of several pictures; `image` counts from 1."""

    image: int
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """Put two versions side by side; without numbers the current one and the one it was made from."""

    first: int | None = None
    second: int | None = None


@dataclass(frozen=True, slots=True)
class Info:
    """Say everything about a version; None: the current one."""

    version: int | None = None


@dataclass(frozen=True, slots=True)
class Finalize:
    """Draw the same picture again, large and in detail. It takes no flags: they are kept to say so."""

    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extend:
    """Put the picture on a larger canvas; `how` as in `extending.plan` ("zoom 2", "pan left", "wide")."""

    how: str
    prompt: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    image: int | None = None


@dataclass(frozen=True, slots=True)
class BackTo:
    """Make a numbered version the current one."""

    version: int


@dataclass(frozen=True, slots=True)
class Show:
    """Show a numbered version again."""

    version: int


@dataclass(frozen=True, slots=True)
class Help:
    """Say what can be typed."""


@dataclass(frozen=True, slots=True)
class NotForUs:
    """People talking to each other. `reason` is for the log."""

    reason: str


Intent = (
    Imagine
    | New
    | Edit
    | Undo
    | Redo
    | Again
    | Vary
    | Pick
    | Compare
    | Info
    | Extend
    | Finalize
    | BackTo
    | Show
    | Help
    | NotForUs
)


def command_intent(text: str, flags: Mapping[str, str]) -> Imagine | Help:
    """What `/imagine TEXT` means; `flags` given by other means win over those in the text."""
    prompt, typed = split_flags(text)
    if not prompt or _plain(prompt) in ("help", "?"):
        return Help()
    return Imagine(prompt, {**typed, **flags})


def message_intent(
    text: str, *, mode: ThreadMode, mentions_bot: bool, mentions_others: bool, has_pictures: bool
) -> Intent:
    """What words in a picture's thread, or to the bot, mean."""
    if reason := _not_for_us(text, mode=mode, mentions_bot=mentions_bot, mentions_others=mentions_others):
        return NotForUs(reason)
    words, flags = split_flags(text)
    if not words:
        return _wordless(flags, mentions_bot=mentions_bot, has_pictures=has_pictures)
    return _command_phrase(words, flags) or _addressed(words, flags)


def _wordless(flags: Mapping[str, str], *, mentions_bot: bool, has_pictures: bool) -> Intent:
    if flags:
        return Again(flags)
    if mentions_bot:
        return Help()
    return NotForUs("a picture without words" if has_pictures else "empty")


# ── Not for us ───────────────────────────────────────────────────────────────────────────────────────────────────


_THANKS = frozenset(
    """
    thanks | thank you | thx | ty | thank you so much | thanks a lot | many thanks | cheers | great | nice | cool | ok |
    okay | k | lol | haha | wow | perfect | awesome | amazing | love it | i love it | beautiful | good | very nice |
    great thanks | nice one | good job | well done | +1 | yes | no | nope | yep | yeah | sure | same | this | agreed |
    looks good | looks great | lgtm | so cool | so good | danke | vielen dank | super | toll | schön | merci |
    merci beaucoup | génial | gracias | muchas gracias | genial | obrigado | obrigada | valeu | grazie | grazie mille |
    bello | ありがとう | ありがとうございます | すごい |
    谢谢 | 謝謝 | 太棒了 | 好的 | спасибо | класс | супер | 감사합니다
    """.replace("\n", " ").split(" | ")
)


def _not_for_us(text: str, *, mode: ThreadMode, mentions_bot: bool, mentions_others: bool) -> str:
    if text.lstrip().startswith("//"):
        return "marked as chatter"
    if mentions_bot:
        return ""
    if mentions_others:
        return "addressed to somebody else"
    if mode is not ThreadMode.EVERY_REPLY:
        return f"thread mode: {mode}"
    plain = _plain(text)
    if text.strip() and not any(letter.isalnum() for letter in text):
        return "only symbols"
    if plain in _THANKS_PLAIN:
        return "a thank-you"
    return ""


def _plain(text: str) -> str:
    """Lower case, letters and digits of any script, single spaces; everything else is gone."""
    kept = (letter if _counts(letter) else " " for letter in unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(kept).split())


def _counts(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNM" or letter in "+?"


_THANKS_PLAIN = frozenset(_plain(one) for one in _THANKS)


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────


_PHRASES: Mapping[str, Intent] = {
    **dict.fromkeys(
        ("undo", "undo that", "undo it", "undo this", "go back", "back", "revert", "revert that", "rückgängig",
         "zurück", "annuler", "deshacer", "desfazer", "annulla", "отменить", "отмени", "元に戻す", "撤销", "撤銷",
         "실행 취소"), Undo()),
    **dict.fromkeys(
        ("redo", "redo that", "redo it", "forward", "wiederholen", "rétablir", "rehacer", "refazer", "ripeti",
         "повторить", "やり直す", "重做"), Redo()),
    **dict.fromkeys(
        ("again", "reroll", "re roll", "retry", "try again", "once more", "one more time", "another one", "nochmal",
         "noch einmal", "encore", "otra vez", "de nuevo", "de novo", "ancora", "ещё раз", "еще раз", "もう一度", "再来",
         "再来一次"), Again()),
    **dict.fromkeys(("vary", "variation", "variations", "vary it", "vary this", "vary subtle"), Vary()),
    **dict.fromkeys(("vary strong", "strong variation", "vary strongly", "vary it strongly"), Vary(strong=True)),
    **dict.fromkeys(("finalize", "finalise", "finalize it", "finalise it", "finalize this"), Finalize()),
    **dict.fromkeys(("help", "?", "hilfe", "aide", "ayuda"), Help()),
}  # fmt: skip

_LONGEST_COMMAND = 200  # characters; longer words are always an edit
_POLITE = re.compile(
    r"^(?:(?:please|pls|plz|bitte|s il te plaît|por favor|per favore|could you|can you|now|ok|okay|no|hey|just)\s+)*"
    r"(.*?)(?:\s+(?:please|pls|plz|bitte|por favor|per favore|now|thanks|thank you|thx))*$"
)


def _command_phrase(words: str, flags: Mapping[str, str]) -> Intent | None:
    if len(words) > _LONGEST_COMMAND:
        return None
    core = _core(words)
    intent = _PHRASES.get(core)
    if isinstance(intent, Again):
        return Again(flags)
    if isinstance(intent, Finalize):
        return Finalize(flags)
    if intent is not None:
        return intent
    if found := re.fullmatch(r"(?:go )?(?:back to|return to|revert to|zurück zu) (?:v|version ?)?(\d{1,4})", core):
        return BackTo(int(found[1]))
    if found := re.fullmatch(r"use (?:v|version ?)(\d{1,4})", core):
        return BackTo(int(found[1]))
    if found := re.fullmatch(r"show (?:me )?(?:v|version ?)(\d{1,4})", core):
        return Show(int(found[1]))
    if found := re.fullmatch(r"pick (?:picture |image |number |#)?(\d{1,2})", core):
        return Pick(int(found[1]))
    if found := re.fullmatch(r"compare(?: v?(\d{1,4})(?: (?:and |with |to |vs )?v?(\d{1,4}))?)?", core):
        return Compare(int(found[1]) if found[1] else None, int(found[2]) if found[2] else None)
    if found := re.fullmatch(r"info(?: (?:on |about )?v?(\d{1,4}))?", core):
        return Info(int(found[1]) if found[1] else None)
    return None


def _core(words: str) -> str:
    """The words without politeness and final punctuation: "Could you zoom out, please?" is "zoom out"."""
    plain = _plain(words)
    plain = plain.rstrip("? ") or plain
    match = _POLITE.match(plain)
    return match[1] if match else plain


_BEFORE_COLON = re.compile(rf"(?s)([^:：]{{1,{_LONGEST_COMMAND}}})(?:[:：](.*))?")
_EXTEND = re.compile(
    r"zoom out(?: (?P<zoom>1 5|2) ?x?)?|(?P<pan>pan (?:left|right|up|down))|make (?:it )?(?P<shape>square|wide|tall)"
)


def _extend(words: str, flags: Mapping[str, str]) -> Extend | None:
    """`zoom out`, `zoom out 1.5x`, `pan left`, `make square`, each perhaps with words for what is to be seen there."""
    parts = _BEFORE_COLON.fullmatch(words)
    found = _EXTEND.fullmatch(_core(parts[1])) if parts else None
    if parts is None or found is None:
        return None
    how = found["pan"] or found["shape"] or f"zoom {(found['zoom'] or '2').replace(' ', '.')}"
    return Extend(how, (parts[2] or "").strip(), flags)


def _addressed(words: str, flags: Mapping[str, str]) -> Intent:
    """`v2: …`, `2: …`, `new: …`, `zoom out`, or a plain edit."""
    if extend := _extend(words, flags):
        return extend
    if found := re.match(r"(?is)^new\s*:\s*(.+)$", words):
        return New(found[1].strip(), flags)
    if found := re.match(r"(?is)^v\s?(\d{1,4})\s*[:,–—-]\s*(.+)$", words):
        command = _command_phrase(found[2], flags)
        if isinstance(command, Pick):
            return Pick(command.image, version=int(found[1]))
        if command:
            return Help()  # "v2: undo" has no meaning yet; guessing one could cost money
        if extend := _extend(found[2], flags):
            return replace(extend, version=int(found[1]))
        return Edit(found[2].strip(), flags, version=int(found[1]))
    if found := re.match(r"(?s)^(?:#|picture |image )?(\d{1,2})\s*:\s*(?!\d)(.+)$", words):
        if _command_phrase(found[2], flags):
            return Help()
        if extend := _extend(found[2], flags):
            return replace(extend, image=int(found[1]))
        return Edit(found[2].strip(), flags, image=int(found[1]))
    return Edit(words, flags)


# ── Flags ────────────────────────────────────────────────────────────────────────────────────────────────────────

# Quantifiers have an end: thousands of opening marks without a closing one must not take seconds.
_QUOTED = re.compile(
    r"“[^”]{0,2000}”|„[^“”]{0,2000}[“”]|«[^»]{0,2000}»|\"[^\"]{0,2000}\"|「[^」]{0,2000}」|『[^』]{0,2000}』"
)
_FLAG = re.compile(r"(?:(?<=\s)|^)(?:--|—|–)(?P<name>[A-Za-z][A-Za-z_]*)(?:=|\s+|$)")
_VALUELESS = frozenset({"tile", "raw", "draft", "fast", "relax", "turbo", "video", "web", "unlocked"})


def split_flags(text: str) -> tuple[str, dict[str, str]]:
    """The words and the flags of a text. A flag's value ends at the next flag or, for most, at the next space.

    `--no` takes everything up to the next flag. The same flag twice: the last one counts.
    """
    shielded = _QUOTED.sub(lambda quoted: "\0" * len(quoted[0]), text)
    marks = list(_FLAG.finditer(shielded))
    if not marks:
        return _tidy(text), {}
    words, flags = [text[: marks[0].start()]], {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        rest = text[mark.end() : following.start() if following else len(text)]
        value, left_over = _value(mark["name"].lower(), rest)
        flags[mark["name"].lower()] = value
        words.append(left_over)
    return " ".join(part for one in words if (part := _tidy(one))), flags


def _value(name: str, rest: str) -> tuple[str, str]:
    rest = rest.strip()
    if name in _VALUELESS:
        word, _, left_over = rest.partition(" ")
        return (word, left_over) if name in ("web", "unlocked") and word.lower() in ("on", "off") else ("", rest)
    if name == "no":
        return rest.strip('"“”'), ""
    quoted = _QUOTED.match(rest)
    if quoted:
        return quoted[0][1:-1], rest[quoted.end() :]
    value, _, left_over = rest.partition(" ")
    return value.strip(",;"), left_over


def _tidy(words: str) -> str:
    return words.strip().strip("\u200b\ufeff").strip()
