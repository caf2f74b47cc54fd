"""What one answer yields: previews while it arrives, then finished pictures, usage, and what is missing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

from adapters.openai import answer, errors
from adapters.openai.answer import BadAnswerError, Documents, Failure, Final, Partial, Source
from adapters.openai.download import Downloader, DownloadError
from adapters.openai.files import Picture
from adapters.openai.stream import Sieve
from bot.errors import OutcomeUnknown
from bot.models import Usage
from bot.ports import Drawn, ImageRequest, Preview, Result

log = logging.getLogger(__name__)


class ReportedError(Exception):
    """The service reported an error inside an answer that began well."""

    def __init__(self, trouble: errors.Trouble) -> None:
        super().__init__(trouble.code)
        self.trouble = trouble


class Harvest:
    """Feed it chunks, ask for the previews they announce, then for the result."""

    def __init__(self, request: ImageRequest, sieve: Sieve, downloader: Downloader, headers: Mapping[str, str]) -> None:
        self._request = request
        self._sieve = sieve
        self._downloader = downloader
        self._headers = headers
        self._documents = Documents()
        self._sources: list[Source] = []
        self._usages: list[Usage | None] = []

    @property
    def is_full(self) -> bool:
        """All pictures are here: no need to wait for the connection to close."""
        return len(self._sources) >= self._request.options.n

    def feed(self, chunk: bytes) -> Iterator[Partial]:
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
        if self._documents.is_events or len(whole) < self._request.options.n:
            return False
        self._sources = [Source(mark=mark) for mark in whole]
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
        """The finished pictures. Raises `OutcomeUnknown` when there is none: one may have been billed."""
        wanted = self._request.options.n
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
            raise OutcomeUnknown(self._why_none())
        for number in range(len(drawn) + len(missing) + 1, wanted + 1):
            missing.append(f"Picture {number} of {wanted} was not sent by the image service.")  # noqa: PERF401
        return Result(tuple(drawn), answer.total(self._usages), request_id, tuple(missing))

    async def _picture(self, source: Source, *, is_preview: bool = False) -> Picture:
        if source.url:
            fetch = self._downloader.fetch_once if is_preview else self._downloader.fetch
            return await fetch(source.url, self._request.folder)
        picture = self._sieve.take(source.mark)
        if picture is None:
            raise DownloadError("damaged")
        return picture

    def _read(self, document: Mapping[str, object]) -> Iterator[Partial]:
        found = answer.read(document, is_edit=bool(self._request.images))
        if isinstance(found, Partial):
            yield found
        elif isinstance(found, Final) and found.sources:
            self._sources += found.sources
            self._usages.append(found.usage)
        elif isinstance(found, Failure) and not self._sources:
            raise ReportedError(errors.trouble_in(found.error, 200, self._headers))

    def _why_none(self) -> str:
        if any(source.url for source in self._sources):
            return errors.UNFETCHED
        if self._sources:
            return errors.DAMAGED
        return errors.LOST if self._documents.is_events else errors.EMPTY


def _lost(source: Source) -> str:
    return "could not be fetched" if source.url else "arrived damaged"
