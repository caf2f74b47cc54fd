"""People talking to each other: words in a thread that are not for the bot."""

from __future__ import annotations

import unicodedata

from bot.models import ThreadMode

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


def not_for_us(text: str, *, mode: ThreadMode, mentions_bot: bool, mentions_others: bool) -> str:
    """Why words in a picture's thread are not for the bot; "": they are.

    Thanks and emoji are never an edit, also where a mention comes with them: answering a message pings its author.
    """
    if text.lstrip().startswith("//"):
        return "marked as chatter"
    words = plain(text)
    if text.strip() and not any(letter.isalnum() for letter in text) and not (mentions_bot and words == "?"):
        return "only symbols"
    if words in _THANKS_PLAIN:
        return "a thank-you"
    if mentions_bot:
        return ""
    if mentions_others:
        return "addressed to somebody else"
    if mode is not ThreadMode.EVERY_REPLY:
        return f"thread mode: {mode}"
    return ""


def plain(text: str) -> str:
    """Small letters without accents, digits of any script, + and ?, single spaces; everything else is gone."""
    kept = (_kept(letter) for letter in unicodedata.normalize("NFKD", text).casefold())
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def _kept(letter: str) -> str:
    """The letter; nothing where it only changes the one before it, as accents and emoji selectors do; else a space."""
    category = unicodedata.category(letter)
    if category in ("Cf", "Me") or "\u0300" <= letter <= "\u036f" or "\ufe00" <= letter <= "\ufe0f":
        return ""
    return letter if category[0] in "LNM" or letter in "+?" else " "


_THANKS_PLAIN = frozenset(plain(one) for one in _THANKS)
