"""A command's words, and a reply's: the table of `bot/intents` as code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.intents import references
from bot.intents.chatter import not_for_us, plain
from bot.intents.flags import split_flags
from bot.intents.nouns import (
    About,
    AboutPicture,
    Again,
    Compare,
    Edit,
    Export,
    Extend,
    Finalize,
    Help,
    Imagine,
    Info,
    Intent,
    Misused,
    New,
    NotForUs,
    Paint,
    Panel,
    Pick,
    PictureAlone,
    Redo,
    SaveAs,
    Sheet,
    Show,
    Star,
    Tray,
    Undo,
    Vary,
)
from bot.intents.phrases import extending, is_show, phrase
from bot.intents.polite import core
from bot.models import ThreadMode


def command_intent(text: str, flags: Mapping[str, str]) -> Imagine | Help:
    """What `/imagine TEXT` means; `flags` given by other means win over those in the text."""
    prompt, typed = split_flags(text)
    if not prompt or plain(prompt) in ("help", "?"):
        return Help()
    return Imagine(prompt, {**typed, **flags})


def message_intent(
    text: str, *, mode: ThreadMode, mentions_bot: bool, mentions_others: bool, has_pictures: bool
) -> Intent:
    """What words in a picture's thread, or to the bot, mean."""
    if reason := not_for_us(text, mode=mode, mentions_bot=mentions_bot, mentions_others=mentions_others):
        return NotForUs(reason)
    words, flags = split_flags(text)
    if not words:
        return _wordless(flags, mentions_bot=mentions_bot, has_pictures=has_pictures)
    if found := _VERSION.fullmatch(words):
        return _about_version(int(found[1]), found[2], flags)
    return _meaning(words, flags)


def _wordless(flags: Mapping[str, str], *, mentions_bot: bool, has_pictures: bool) -> Intent:
    if flags:
        return Again(flags)
    if mentions_bot:
        return Help()
    return PictureAlone() if has_pictures else NotForUs("empty")


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────

_LONGEST_COMMAND = 200  # characters; longer words are always an edit
_BEFORE_COLON = re.compile(rf"(?s)([^:：]{{1,{_LONGEST_COMMAND}}})(?:[:：](.*))?")


def _meaning(words: str, flags: Mapping[str, str]) -> Intent:
    """What words mean that name no version: a command, `new: …`, `panel 2: …`, `2: …`, or a plain edit."""
    if intent := _command_phrase(words, flags) or _extend(words, flags):
        return intent
    if found := _NEW.fullmatch(words):
        return New(found[1].strip(), flags)
    if found := _PANEL.fullmatch(words):
        return Panel(int(found[1]), found[2].strip(), flags)
    if found := _IMAGE.fullmatch(words):
        return _about_image(int(found[1]), found[2].strip(), flags)
    if found := _NUMBERED.fullmatch(words):
        about = _about_image(1, found[2].strip(), flags)
        return AboutPicture(int(found[1]), about) if isinstance(about, Edit | Extend | Paint) else about
    return Edit(words, flags)


def _command_phrase(words: str, flags: Mapping[str, str]) -> Intent | None:
    if len(words) > _LONGEST_COMMAND:
        return None
    if about_references := references.phrase(words):
        return Misused(words, flags) if flags else about_references
    if found := _EXPORT_AS.fullmatch(core(words)):
        return Export(flags={"format": found[1], **flags})
    intent = phrase(core(words))
    if isinstance(intent, Again | Finalize | Vary | Export | Panel):
        return replace(intent, flags=flags)
    return Misused(words, flags) if intent and flags else intent


def _extend(words: str, flags: Mapping[str, str]) -> Extend | None:
    """`zoom out`, `zoom out 1.5x`, `pan left`, `make square`, each perhaps with words for what is to be seen there."""
    parts = _BEFORE_COLON.fullmatch(words)
    how = extending(core(parts[1])) if parts else None
    return Extend(how, (parts[2] or "").strip(), flags) if parts and how else None


_EXPORT_AS = re.compile(r"(?:export|download)(?: it| this)? as (png|jpe?g|webp)")
_NEW = re.compile(
    r"(?is)(?:new|new picture|start over|neu|neues bild|nouveau|nouvelle|nuevo|nueva|novo|nova|nuovo|nuova|новое|новая"
    r"|新規|新|새로)\s*[:：]\s*(.+)"
)
_PANEL = re.compile(r"(?is)panel\s{1,9}(\d{1,2})\s{0,9}[:：]\s*(.+)")
_IMAGE = re.compile(
    r"(?is)(?:(?:picture|image|bild|imagen|imagem|immagine|foto|картинка|画像|图|그림)\s?)?(\d{1,2})(?:番|번)?"
    r"\s{0,9}[:：](?!\d)(?!\s{0,9}\d{1,9}\s{0,9}(?:[^\w\s]|$))\s*(.+)"
)
_NUMBERED = re.compile(r"(?s)#(\d{1,4})\s{0,9}[:：](?!\d)\s*(.+)")
_VERSION = re.compile(
    r"(?is)(?:v|version|versión|versão|versione|версия|バージョン|版本|버전)\s?(\d{1,4})"
    r"(?:\s{0,9}[:：]|,(?=\s)|\s{1,9}[–—-](?=\s))\s*(.+)"
)


def _about_version(number: int, words: str, flags: Mapping[str, str]) -> Intent:
    """What stands behind "v2:" means what it means in a reply to version 2; Help where a version makes no sense."""
    if _VERSION.fullmatch(words):
        return Help()  # two versions, one edit
    if len(words) <= _LONGEST_COMMAND and is_show(core(words)):
        return Misused(words, flags) if flags else Show(number)
    match said := _meaning(words, flags):
        case Edit() | Extend() | Pick() | Paint() | Info() | Star() | Sheet() if said.version is None:
            return replace(said, version=number)
        case Export(version=None, everything=False):
            return replace(said, version=number)
        case Compare(second=None):
            return replace(said, second=number)
        case SaveAs(which=""):
            return replace(said, which=f"v{number}")
        case Undo() | Redo() | Again() | Vary() | Finalize() | Panel() | Tray():
            return About(number, said)
        case New() | Misused():
            return said
    return Help()


def _about_image(number: int, words: str, flags: Mapping[str, str]) -> Intent:
    """What stands behind "2:"."""
    command = _command_phrase(words, flags)
    if isinstance(command, Paint) and command.version is None:
        return replace(command, image=number)
    if command:
        return Help()  # "2: undo" has no meaning; guessing one could cost money
    if extend := _extend(words, flags):
        return replace(extend, image=number)
    return Edit(words, flags, image=number)
