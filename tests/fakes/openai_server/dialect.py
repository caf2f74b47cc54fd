"""How this server differs from OpenAI's, as gateways do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.fakes.openai_server.faults import ApiError, no_such_model, unknown_parameter
from tests.fakes.openai_server.recorded import Recorded
from tests.fakes.openai_server.rules import MODELS, is_known


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a gateway asks for, or lacks.

    `strict`: only OpenAI's image models are served. `only`: only these models, of any kind. `edit_field`: the one
    way pictures may come: "image", "image[]" or "json". `unknown`: parameters and file fields it refuses.
    `needs_response_format`: without response_format=b64_json it answers with addresses. `no_streaming`: it answers
    in JSON whether or not a stream was asked for.
    """

    strict: bool = False
    only: tuple[str, ...] = ()
    edit_field: str | None = None
    unknown: tuple[str, ...] = ()
    needs_response_format: bool = False
    no_streaming: bool = False

    @property
    def models(self) -> tuple[str, ...]:
        return self.only or MODELS

    def check(self, recorded: Recorded) -> None:
        """Raises ApiError for a request this gateway would not even read."""
        self.check_names(recorded.fields)
        self.check_names(file.field_name for file in recorded.files)
        if recorded.path.endswith("/edits") and self.edit_field:
            self._check_edit_field(recorded, self.edit_field)

    def check_names(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self.unknown or name.removesuffix("[]") in self.unknown:
                raise unknown_parameter(name)

    def check_model(self, model: str, *, draws: bool) -> None:
        """`draws`: it is an image model that is asked for."""
        if (self.only and model not in self.only) or (self.strict and draws and not is_known(model)):
            raise no_such_model(model)

    def _check_edit_field(self, recorded: Recorded, wanted: str) -> None:
        multipart = recorded.content_type.startswith("multipart/")
        if wanted == "json" and multipart:
            raise ApiError(500, "convert_request_failed", "This channel does not accept multipart/form-data.",
                           kind="new_api_error")  # fmt: skip
        pictures = {file.field_name for file in recorded.files} & {"image", "image[]"}
        if wanted != "json" and (not multipart or pictures - {wanted}):
            raise ApiError(422, None, f"Field required: '{wanted}'.", param=wanted)
