"""What one answer yields: previews while it arrives, then finished pictures, usage, and what is missing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from adapters.openai import answer, chat, errors, planned
from adapters.openai.answer import BadAnswerError, Documents, Failure, Final, Partial, Picked, Tell
from adapters.openai.download import Downloader, DownloadError
from adapters.openai.files import Picture
from adapters.openai.http import ReportedError
from adapters.openai.stream import CHAT, IMAGES, RESPONSES, Keys, Sieve
from bot.errors import OutcomeUnknown, Refused
from bot.models import Usage
from bot.ports import Drawn, ImageRequest, Preview, Result

log = logging.getLogger(__name__)


Found = Partial | Final | Failure | Tell


class Reader(Protocol):
    """Reads one object of an answer; None: nothing of interest."""

    def __call__(self, document: Mapping[str, object], *, is_edit: bool) -> Found | None:
        """What it says."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the three APIs: what announces a picture in its answers, and how the rest is read.

    `waits`: pictures are followed by something that matters, so the answer is read to its end.
    """

    keys: Keys
    read: Reader
    waits: bool = False


_IMAGES = Kind(IMAGES, answer.read)
_KINDS = {"/responses": Kind(RESPONSES, planned.read, waits=True), "/chat/completions": Kind(CHAT, chat.read)}


def kind_of(path: str) -> Kind:
    """The kind of answer a POST to this path gets."""
    return _KINDS.get(path, _IMAGES)


class Harvest:
    """Feed it chunks, ask for the previews they announce, then for the result."""

    def __init__(
        self,
        request: ImageRequest,
        sieve: Sieve,
        downloader: Downloader,
        headers: Mapping[str, str],
        kind: Kind = _IMAGES,
    ) -> None:
        self._request = request
        self._sieve = sieve
        self._downloader = downloader
        self._headers = headers
        self._kind = kind
        self._documents = Documents()
        self._sources: list[Picked] = []
        self._usages: list[Usage | None] = []
        self._last: Final | None = None
        self._revised = ""
        self._trouble: errors.Trouble | None = None
        self._is_over = False

    @property
    def is_full(self) -> bool:
        """All pictures are here: no need to wait for the connection to close."""
        if self._kind.waits:
            return self._is_over
        return len(self._sources) >= self._request.options.n

    def feed(self, chunk: bytes) -> Iterator[Partial | Tell]:
        """Take bytes of the answer. Raises `ReportedError`, `BadAnswerError` and `TooLargeError`."""
        for document in self._documents.feed(self._sieve.feed(chunk)):
            yield from self._read(document)

    def end(self) -> None:
        """The answer is over. Raises as `feed` does, unless all pictures came in spite of a cut end."""
        try:
            for text in (self._sieve.rest(), None):
                documents = self._documents.end() if text is None else self._documents.feed(text)
                for document in documents:
                    list(self._read(document))  # a preview at the end comes too late
        except BadAnswerError:
            if not self.salvage():
                raise

    def salvage(self) -> bool:
        """After a cut: whether every picture had arrived whole, and only the usage behind them was lost."""
        whole = [mark for mark, picture in self._sieve.pictures.items() if picture.suffix]
        if self._kind.waits:
            return bool(self._sources or self._trouble)  # one was announced whole, or why there is none
        if self._documents.is_events or len(whole) < self._request.options.n:
            return False
        self._sources = [Picked(mark=mark) for mark in whole]
        self._usages = [None]
        return True

    async def preview(self, partial: Partial) -> Preview | None:
        """The passing picture as a file, or None when it is no picture: never worth failing for."""
        try:
            picture = await self._picture(partial.source, is_preview=True)
        except DownloadError:
            return None
        done = (partial.index + 1) / (self._request.previews + 1)
        return Preview(picture.named().path, min(done, 0.95))

    async def result(self, request_id: str) -> Result:
        """The finished pictures. Raises when there is none; mostly `OutcomeUnknown`, as one may have been billed."""
        wanted = self._request.options.n
        if not self._sources:
            self.salvage()  # a picture where nobody looked for one
        if len(self._sources) > wanted:
            log.warning("%s pictures came instead of %s; the rest is dropped", len(self._sources), wanted)
        drawn: list[Drawn] = []
        missing: list[str] = []
        for number, source in enumerate(self._sources[:wanted], start=1):
            try:
                drawn.append((await self._picture(source)).named())
            except DownloadError as error:
                log.warning("a picture is missing: %s request=%s", error, request_id)
                missing.append(f"Picture {number} of {wanted} {_lost(source)}.")
        if not drawn:
            log.warning("no picture in the answer: request=%s", request_id)
            raise self._why_none()
        doubtful = len(missing)  # they were made, and got lost on the way
        for number in range(len(drawn) + len(missing) + 1, wanted + 1):
            missing.append(f"Picture {number} of {wanted} was not sent by the image service.")  # noqa: PERF401
        last = self._last or Final((), None)
        return Result(
            tuple(drawn),
            answer.total(self._usages),
            request_id,
            tuple(missing),
            doubtful,
            revised=self._revised,
            sources=last.citations,
            planning=last.planning,
        )

    async def _picture(self, source: Picked, *, is_preview: bool = False) -> Picture:
        if source.url:
            fetch = self._downloader.fetch_once if is_preview else self._downloader.fetch
            return await fetch(source.url, self._request.folder)
        picture = self._sieve.take(source.mark)
        if picture is None:
            raise DownloadError("damaged")
        return picture

    def _read(self, document: Mapping[str, object]) -> Iterator[Partial | Tell]:
        found = self._kind.read(document, is_edit=bool(self._request.images))
        if isinstance(found, Partial | Tell):
            yield found
        elif isinstance(found, Final):
            self._take(found)
        elif isinstance(found, Failure):
            self._note(found)

    def _note(self, failure: Failure) -> None:
        """Raise, unless a picture is here already, or one may still follow."""
        trouble = errors.trouble_in(failure.error, 200, self._headers, begun=failure.begun)
        if failure.ends and not self._sources:
            raise ReportedError(trouble)
        self._trouble = self._trouble or trouble
        self._is_over = self._is_over or failure.ends

    def _take(self, found: Final) -> None:
        """A picture, or the end of a plan, which names its pictures a second time and says what they cost."""
        self._last = found
        self._is_over = self._is_over or found.ends
        self._revised = self._revised or found.revised
        again = self._kind.waits and found.ends and bool(self._sources)
        if found.sources and not again:
            self._sources += found.sources
        if found.ends if self._kind.waits else found.sources:
            self._usages.append(found.usage)

    def _why_none(self) -> OutcomeUnknown | Refused | ReportedError:
        if any(source.url for source in self._sources):
            return OutcomeUnknown(errors.UNFETCHED)
        if self._sources:
            return OutcomeUnknown(errors.DAMAGED)
        if self._trouble:
            return ReportedError(self._trouble)
        if self._last and self._last.words:
            return Refused(errors.in_words(self._last.words), stage="words", billed=True)
        return OutcomeUnknown(errors.LOST if self._documents.is_events else errors.EMPTY)


def _lost(source: Picked) -> str:
    return "could not be fetched" if source.url else "arrived damaged"
