"""Pictures that are hidden until they are clicked, where a workspace or a channel wants that."""

from __future__ import annotations

import pytest

from bot.models import ChannelPolicy, Policy
from tests.talk import CHANNEL, Talk


@pytest.mark.parametrize(
    ("policy", "hidden"),
    [
        (Policy(), False),
        (Policy(spoiler=True), True),
        (Policy(channels=(ChannelPolicy(CHANNEL.channel, spoiler=True),)), True),
        (Policy(spoiler=True, channels=(ChannelPolicy(CHANNEL.channel, spoiler=False),)), False),
        (Policy(spoiler=True, disclosure=""), True),
    ],
)
async def test_every_card_with_pictures_hides_them_where_it_is_set(talk: Talk, policy: Policy, hidden: bool) -> None:
    await talk.house.store.set_policy(CHANNEL.workspace, policy)
    await talk.imagine("a fox")
    await talk.reply("make it night")
    await talk.reply("undo")
    await talk.reply("compare")
    cards = [card for posted in talk.chat.posted for card in posted.history if card.images]
    assert len(cards) >= 3
    assert {card.spoiler for card in cards} == {hidden}
