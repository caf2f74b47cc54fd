"""The small print of cards with drawn pictures: what the workspace's policy says of AI."""

from __future__ import annotations

from dataclasses import replace

from bot.cards import Card
from bot.disclosure import said
from bot.models import Kind, Place, Version
from bot.moderation import policy_for
from bot.studio.desk import Desk


async def disclosed(desk: Desk, card: Card, *versions: Version) -> Card:
    """The card with the words on AI behind its footer, if one of these versions on it was drawn; hidden if so set."""
    thread = await desk.store.thread(versions[0].thread) if versions and card.images else None
    if thread is None:
        return card
    card = await veiled(desk, card, thread.place)
    drawn = any(one.kind is not Kind.UPLOAD for one in versions)
    return await told_of(desk, card, thread.place.workspace) if drawn else card


async def veiled(desk: Desk, card: Card, place: Place) -> Card:
    """A card with the pictures of a place, hidden until they are clicked where the policy has it so."""
    policy = await desk.store.policy(place.workspace)
    return replace(card, spoiler=policy_for(policy, place.channel).spoiler)


async def told_of(desk: Desk, card: Card, workspace: str) -> Card:
    """A card with something drawn on it, and the words on AI behind its footer."""
    words = said(await desk.store.policy(workspace))
    return replace(card, footer=" · ".join(filter(None, (card.footer, words))))
