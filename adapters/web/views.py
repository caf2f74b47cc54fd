"""Messages as the page gets them: plain JSON, no paths, no ids of files that people uploaded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import quote

from adapters.web.feed import Event
from adapters.web.previews import Previews
from adapters.web.requests import is_channel
from adapters.web.security import DEFAULT_NAME
from bot.cards import Button, Card, CardImage, Channel, Live, Moment, Person, Tone, pieces
from bot.models import Job
from bot.ports import Said, Store, Transcript
from bot.replies.forms import question

MOST_NAMES = 2000


class Views:
    """Looks up what a message's JSON needs beside the message."""

    def __init__(self, store: Store, transcript: Transcript, previews: Previews) -> None:
        self._store = store
        self._transcript = transcript
        self._previews = previews
        self._names: OrderedDict[str, str] = OrderedDict()

    def learn(self, user: str, name: str) -> None:
        """Remember what somebody calls themselves: cards name people by their ids."""
        if name in ("", DEFAULT_NAME):
            return
        self._names[user] = name
        self._names.move_to_end(user)
        while len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)

    def card(self, card: Card) -> Event:
        """A card as JSON, the people in it by their names."""
        return card_view(card, self._names)

    async def message(self, said: Said) -> Event:
        """One message. For a card, `user` and `name` are who asked for it."""
        view: Event = {
            "id": said.id,
            "thread": said.thread,
            "user": said.user,
            "name": said.user_name,
            "at": said.at,
            "text": said.text,
            "attachments": [f"/attached/{quote(said.id)}/{index}" for index in range(len(said.attachments))],
            "card": None,
        }
        self.learn(said.user, said.user_name)
        if said.card:
            view["card"] = self.card(said.card) | await self._passing(said)
        return view

    async def root(self, said: Said) -> Event:
        """A message outside threads, with what its thread came to."""
        replies = await self._transcript.replies(said.channel, said.id)
        return await self.message(said) | thread_summary(replies)

    async def _passing(self, said: Said) -> Event:
        """For a picture being drawn: the shape to keep free, how many, and the newest previews."""
        if said.card is None or said.card.tone is not Tone.PROGRESS:
            return {}
        job = await self._store.job(said.id)
        previews = [
            {
                "src": f"/previews/{one.id}",
                "width": one.width,
                "height": one.height,
                "alt": one.alt,
                "number": one.number,
            }
            for one in self._previews.of(said.id)
        ]
        return {"previews": previews, "shape": _shape(job), "count": job.options.n if job else 1}


def thread_summary(replies: Sequence[Said]) -> Event:
    """How many replies, and the newest picture among them that everybody may see without a click."""
    cards = [said.card for said in replies if said.card and said.card.images and not said.card.spoiler]
    pictures = [card.images[0] for card in cards if card.images[0].asset]
    newest = image_view(pictures[-1])["src"] if pictures else None
    return {"replies": len(replies), "newest": newest, "last": replies[-1].at if replies else None}


def card_view(card: Card, names: Mapping[str, str] = MappingProxyType({})) -> Event:
    """A card as JSON. `names` are people's, by their ids."""
    return {
        "title": card.title,
        "tone": str(card.tone),
        "prompt": card.prompt,
        "body": card.body,
        "footer": card.footer,
        "summary": card.summary,
        "images": [image_view(image) for image in card.images if image.asset],
        "buttons": [_button_view(button) for button in card.buttons],
        "links": [{"label": one.label, "url": one.url, "description": one.description} for one in card.links],
        "previews": [],
        "pair": _pair_view(card),
        "spoiler": card.spoiler,
        "live": {"title": _parts(card.title, card.live, names), "body": _parts(card.body, card.live, names)},
    }


def _parts(text: str, live: Sequence[Live], names: Mapping[str, str]) -> list[str | Event]:
    """A title or body in pieces: words, moments to tell in the reader's own time, channels to link, people by name."""
    return list(_told(pieces(text, live), names))


def _told(parts: Iterator[str | Live], names: Mapping[str, str]) -> Iterator[str | Event]:
    for one in parts:
        if isinstance(one, str):
            yield one
        elif isinstance(one, Moment) and not one.relative:
            yield {"words": one.words, "at": one.at}
        elif isinstance(one, Channel) and is_channel(one.id):
            yield {"words": one.words, "channel": one.id}
        elif isinstance(one, Person) and one.id in names:
            yield {"words": one.words, "person": f"@{names[one.id]}"}
        else:
            yield one.words


def _pair_view(card: Card) -> Event | None:
    """Two originals that the page can slide over each other, named like their files ("v2")."""
    if card.pair is None:
        return None
    before, after = ({**image_view(one), "label": one.name.partition(".")[0]} for one in card.pair)
    return {"before": before, "after": after}


def image_view(image: CardImage) -> dict[str, str | int]:
    """A kept picture: a light copy for the list, the untouched original to look at and to take away.

    An animation is its own light copy: a still of it would say nothing.
    """
    return {
        "src": f"/files/{image.asset}" if image.media_type == "image/gif" else f"/thumbs/{image.asset}",
        "full": f"/files/{image.asset}",
        "download": f"/files/{image.asset}?download={quote(image.name, safe='')}",
        "width": image.width,
        "height": image.height,
        "alt": image.alt,
        "name": image.name,
    }


def _button_view(button: Button) -> Event:
    asks = question(button.action)
    return {
        "id": button.id,
        "label": button.label,
        "style": button.style,
        "form": button.form,
        "value": button.value,
        "description": button.description,
        "asks": {"label": asks.label, "example": asks.example, "optional": asks.optional},
    }


def _shape(job: Job | None) -> list[int]:
    """Width and height of the picture to come; a square where nobody knows yet."""
    if job is None or "x" not in job.options.size:
        return [1, 1]
    return [int(edge) for edge in job.options.size.split("x")]
