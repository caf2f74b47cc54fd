"""The small print of cards with drawn pictures: what the workspace's policy says of AI."""

from __future__ import annotations

from dataclasses import replace

from bot.cards import Card
from bot.disclosure import said
from bot.models import Kind, Version
from bot.studio.desk import Desk


async def disclosed(desk: Desk, card: Card, *versions: Version) -> Card:
    """The card with the words on AI behind its footer, if one of these versions on it was drawn."""
    drawn = next((one for one in versions if one.kind is not Kind.UPLOAD), None)
    thread = await desk.store.thread(drawn.thread) if drawn and card.images else None
    if thread is None:
        return card
    words = said(await desk.store.policy(thread.place.workspace))
    return replace(card, footer=" · ".join(filter(None, (card.footer, words))))
