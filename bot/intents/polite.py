"""What people say around a command: "could you …, please?", "…してください"."""

from __future__ import annotations

import re

from bot.intents.chatter import plain


def _any(words: str) -> str:
    return "|".join(plain(word) for word in words.split(" | "))


_BEFORE = _any(
    "please | pls | plz | kindly | could you | can you | would you | let's | now | ok | okay | hey | just | bitte | "
    "kannst du | könntest du | jetzt | s'il te plaît | s'il vous plaît | stp | svp | peux-tu | tu peux | pourrais-tu | "
    "pouvez-vous | por favor | porfa | puedes | podrías | pode | você pode | poderia | per favore | per piacere "
    "| puoi | "
    "potresti | пожалуйста | можешь | давай"
)
_AFTER = _any(
    "please | pls | plz | now | thanks | thank you | thx | for me | bitte | danke | jetzt | s'il te plaît | "
    "s'il vous plaît | stp | svp | merci | por favor | porfa | gracias | obrigado | obrigada | per favore "
    "| per piacere | "
    "grazie | пожалуйста | спасибо"
)
_ROUND = re.compile(rf"(?:(?:{_BEFORE}) )*(.*?)(?: (?:{_AFTER}))*")
_WRITTEN_ON = re.compile(
    r"(?:(?:请|請|麻烦|麻煩|帮我|幫我|すみません) ?)?(.*?)"
    r"(?: ?(?:ください|下さい|お願いします|お願い|谢谢|謝謝|吧|一下|주세요|줘|부탁해요?))*"
)
# "no, undo" asks to undo; "no mask" asks for a picture without one.
_SIGH = re.compile(
    r"(?i)\s*(?:no|nope|nein|non|não|нет|ok(?:ay)?|h+m+|oh|oops|ups|hoppla|sorry|wait|actually|いや|不|아니)\s?[,.!…，、]+"
)


def core(words: str) -> str:
    """The words without politeness and final punctuation: "Could you zoom out, please?" is "zoom out"."""
    said = plain(_SIGH.sub("", words, count=1) if _SIGH.match(words) else words)
    said = said.rstrip("? ") or said
    for around in (_ROUND, _WRITTEN_ON):
        if found := around.fullmatch(said):
            said = found[1] or said
    return said
