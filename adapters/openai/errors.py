"""The vendor's errors as ours: one table, most specific first.

What decides is the error's `code`, then its `type`, then its words, then the HTTP status. Anything after the
request was sent that is no definite "no" may have been billed, and becomes `OutcomeUnknown`. Sentences are
ours alone: no vendor text, no address, no part of a key; those go to the log, redacted.
"""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import aiohttp

from adapters.openai.answer import one_line
from bot.config import NOT_SET_UP
from bot.errors import (
    OutcomeUnknown,
    ProviderProblem,
    RateLimited,
    Refused,
    RetouchError,
    SetupProblem,
    Unavailable,
)

LOST = "The connection to the image service broke before the picture arrived."
DAMAGED = "The image service sent something that is not a whole picture."
EMPTY = "The image service answered without a picture."
TOO_SLOW = "The image service did not answer in time. A smaller size or a lower quality is faster."
UNSAVED = "The picture arrived but could not be saved here. Tell an admin."
UNFETCHED = "The picture was made, but could not be fetched from the image service."
UNREACHABLE = "The image service cannot be reached. Try again in a minute."

_USUAL_WAIT = 15.0  # seconds, where a rate limit does not say; the lowest tier makes 5 images a minute
_LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A vendor's error, as far as it told. `status` is HTTP's, also 200, as for an error within an answer.

    `begun`: a plan had begun, and its tokens may be billed whatever became of the picture.
    """

    status: int
    code: str = ""
    type: str = ""
    param: str = ""
    message: str = ""
    request_id: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    begun: bool = False


def trouble_in(error: Mapping[str, object], status: int, headers: Mapping[str, str], *, begun: bool = False) -> Trouble:
    """What an error object in an answer says."""
    details = error.get("moderation_details")
    return Trouble(
        status=status,
        code=_text(error.get("code")),
        type=_text(error.get("type")),
        param=_text(error.get("param")),
        message=_text(error.get("message")),
        request_id=headers.get("x-request-id", "")[:200],
        details=details if isinstance(details, Mapping) else {},
        headers=headers,
        begun=begun,
    )


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) else ""


def ours(trouble: Trouble) -> RetouchError:
    """The error of ours for a definite answer of the service's."""
    for rule in TABLE:
        if rule.fits(trouble):
            return rule.make(trouble)
    return OutcomeUnknown(LOST)


def no_answer(error: Exception) -> RetouchError:
    """The error of ours when there was no answer: unknown, unless the request cannot have left us."""
    if isinstance(error, NEVER_POSSIBLE):
        return SetupProblem(NOT_SET_UP, for_admin=_CHECK_CONNECTION, lasting=True)
    if isinstance(error, NEVER_SENT):
        return Unavailable(UNREACHABLE)
    return OutcomeUnknown(TOO_SLOW if isinstance(error, aiohttp.ServerTimeoutError) else LOST)


NEVER_POSSIBLE = (
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ClientProxyConnectionError,
    aiohttp.ClientConnectorCertificateError,
    aiohttp.ClientConnectorSSLError,
)
NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""A connection that was never there. One that broke is another error: `ServerDisconnectedError`, `ClientOSError`."""


# ── What each error becomes ─────────────────────────────────────────────────────────────────────────────────


def _refused(trouble: Trouble) -> RetouchError:
    stage = _STAGES.get(str(trouble.details.get("moderation_stage")), "")
    category = next((name for name in _categories(trouble) if name in _WORDS), "")
    named = f" ({_WORDS[category][0]})" if category else ""
    advice = _WORDS[category][1] if category else "Try other words, or another picture."
    what = {"result": "the finished picture", "prompt": "the prompt"}.get(stage, "this")
    return Refused(
        f"The safety system refused {what}{named}. {advice}",
        category=category,
        stage=stage,
        billed=stage == "result" or trouble.begun,
    )


_STAGES = {"input": "prompt", "output": "result"}
_VIOLATIONS = re.compile(r"safety_violations=\[([^\]]{0,200})\]")

_WORDS: Mapping[str, tuple[str, str]] = {
    "violence": ("violence", "Try describing the scene without injuries."),
    "violence/graphic": ("graphic violence", "Try describing the scene without injuries."),
    "sexual": ("sexual content", "Try describing everyone as fully dressed."),
    "sexual/minors": ("sexual content and minors", "Try another subject."),
    "self-harm": ("self-harm", "Try another subject."),
    "self-harm/intent": ("self-harm", "Try another subject."),
    "self-harm/instructions": ("self-harm", "Try another subject."),
    "hate": ("hate", "Try describing people with respect."),
    "hate/threatening": ("hate", "Try describing people with respect."),
    "harassment": ("harassment", "Try describing people with respect."),
    "harassment/threatening": ("harassment", "Try describing people with respect."),
    "illicit": ("illicit acts", "Try another subject."),
    "illicit/violent": ("illicit acts", "Try another subject."),
}
"""OpenAI's moderation categories, each with a word for people and what to do next."""


def _categories(trouble: Trouble) -> list[str]:
    listed = trouble.details.get("categories")
    if isinstance(listed, list) and listed:
        names = [str(name) for name in listed]
    else:
        found = _VIOLATIONS.search(trouble.message)
        names = found[1].split(",") if found else []
    return [name.strip(" '\"").lower().replace("_", "-") for name in names]


def _rate_limited(trouble: Trouble) -> RetouchError:
    if trouble.begun:
        return OutcomeUnknown(_BUSY)  # asking again would pay for the plan again
    return RateLimited(_BUSY, retry_after=retry_after(trouble.headers))


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait: `retry-after-ms`, or `retry-after` as seconds or as a date; without them a guess."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    seconds = milliseconds / 1000 if milliseconds is not None else _number(headers.get("retry-after", ""))
    if seconds is None:
        seconds = _until(headers.get("retry-after", ""))
    return min(max(seconds, 1.0), _LONGEST_WAIT) if seconds is not None else _USUAL_WAIT


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _until(date: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() - time.time()
    except (ValueError, TypeError):
        return None


def _setup(for_admin: str, sentence: str = NOT_SET_UP, *, lasting: bool = True) -> Callable[[Trouble], RetouchError]:
    return lambda _: SetupProblem(sentence, for_admin=for_admin, lasting=lasting)


def _problem(sentence: str) -> Callable[[Trouble], RetouchError]:
    return lambda _: ProviderProblem(sentence)


def _unknown(sentence: str) -> Callable[[Trouble], RetouchError]:
    return lambda _: OutcomeUnknown(sentence)


def _stopped(_: Trouble) -> RetouchError:
    return Refused(_STOPPED, stage="words", billed=True)


def _bad_parameter(trouble: Trouble) -> RetouchError:
    name = trouble.param.partition("[")[0]
    if name in _OPTIONS:
        return ProviderProblem(f"The image service does not take this {name}. Choose another, or leave it out.")
    if name == "prompt":
        return ProviderProblem("The image service does not take this prompt. Try a shorter one, or other words.")
    if name in ("image", "images", "mask"):
        return ProviderProblem(_BAD_IMAGE)
    return ProviderProblem("The image service did not accept this request. Try other options, or tell an admin.")


_OPTIONS = frozenset(
    ["size", "quality", "background", "output_format", "output_compression", "moderation", "n", "model"]
)
_BUSY = "The image service is busy. Try again in a minute."
_STOPPED = "The model planned for too long and was stopped before it drew. Ask for less, or for less thinking."
_CHECK_CONNECTION = "Check the image service's address, key and proxy settings."
_BAD_IMAGE = "The image service could not read one of the pictures. Send it again as a PNG or JPEG."
TOO_LARGE = "The pictures are too large for the image service. Send fewer or smaller ones."
_NO_MONEY = "The image service's budget is used up. An admin must top it up."
_NO_MODEL = "This model is not available here. Choose another, or ask an admin."


# ── The table ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Rule:
    """Fits when every condition that is set holds. `names` are values of `code` or `type`."""

    make: Callable[[Trouble], RetouchError]
    names: frozenset[str] = frozenset()
    words: re.Pattern[str] | None = None
    statuses: range = range(1000)

    def fits(self, trouble: Trouble) -> bool:
        """Whether this rule is for that error."""
        if trouble.status not in self.statuses:
            return False
        if self.names and trouble.code not in self.names and trouble.type not in self.names:
            return False
        return self.words is None or bool(self.words.search(trouble.message))


def _named(make: Callable[[Trouble], RetouchError], *names: str) -> Rule:
    return Rule(make, frozenset(names))


def _says(make: Callable[[Trouble], RetouchError], words: str, statuses: range) -> Rule:
    return Rule(make, words=re.compile(words, re.IGNORECASE), statuses=statuses)


def _status(make: Callable[[Trouble], RetouchError], first: int, last: int | None = None) -> Rule:
    return Rule(make, statuses=range(first, (last or first) + 1))


_NOT_5XX = range(500)  # an error in a 200, or in a stream, too
_BILLING = "Check billing, credits and spend limits in the image service's dashboard."
_KEY = "The image service refused the API key; check it."
_VERIFY = (
    "The model needs a verified organization: verify the organization in the OpenAI dashboard; it can take 15 minutes."
)
_MODEL = "The model is gone, or this key may not use it: check its name, its shutdown date and the key."
_ACCESS = "The image service denies access: check the key's permissions, its project and your region."
_ADDRESS = "The image service's address does not answer image requests; check it (it usually ends in /v1)."

TABLE: tuple[Rule, ...] = (
    # By name. Money comes before speed: both are 429.
    _named(_refused, "moderation_blocked", "content_policy_violation", "image_content_policy_violation",
           "content_filter"),
    _named(_setup(_BILLING, _NO_MONEY), "insufficient_quota", "credit_balance_exhausted",
           "billing_not_active", "project_spend_limit_exceeded", "organization_spend_limit_exceeded",
           "organization_usage_limit_exceeded", "billing_hard_limit_reached"),
    _named(_rate_limited, "rate_limit_exceeded", "slow_down", "requests", "tokens", "input-images"),
    _named(_stopped, "max_output_tokens"),
    _named(_setup(_KEY), "invalid_api_key"),
    _named(_setup(_MODEL, _NO_MODEL, lasting=False), "model_not_found"),
    _named(_setup("This gateway takes no uploaded pictures, so it cannot edit; use another for edits.",
                  "The image service set up here cannot edit pictures. Ask an admin for another.", lasting=False),
           "convert_request_failed"),
    _named(_problem(_BAD_IMAGE), "invalid_image_file"),
    _named(_bad_parameter, "invalid_value", "unknown_parameter", "unsupported_parameter",
           "invalid_input_fidelity_model"),
    _named(_unknown("The image service had a fault of its own. Try again in a minute."),
           "server_error", "server_is_overloaded"),
    # By words, where there is no telling name.
    _says(_setup(_VERIFY, lasting=False), r"organi[sz]ation must be verified|verify (your )?organi[sz]", _NOT_5XX),
    _says(_setup(_MODEL, _NO_MODEL, lasting=False), r"\bmodel\b.{0,100}(does not exist|not found|shut down)", _NOT_5XX),
    _says(_refused, r"safety system|content policy|content filter|safety_violations", _NOT_5XX),
    _says(_refused, "内容违规|违规内容|敏感内容|内容审核", _NOT_5XX),
    # By status.
    _status(_setup("The image service's address redirects; set the final address."), 300, 399),
    _status(_setup(_KEY), 401),
    _status(_setup(_BILLING, _NO_MONEY), 402),
    _status(_setup(_ACCESS), 403),
    _status(_setup(_ADDRESS), 404, 405),
    _status(_unknown(TOO_SLOW), 408),
    _status(_problem(TOO_LARGE), 413),
    _status(_rate_limited, 429),
    _status(_refused, 451),
    _status(_unknown(LOST), 499),
    _status(_bad_parameter, 400, 498),
    _status(_unknown(TOO_SLOW), 504),
    _status(_unknown(TOO_SLOW), 524),
    _status(_unknown("The image service had a fault of its own. Try again in a minute."), 500, 599),
    # In an answer that began well.
    _named(_bad_parameter, "invalid_request_error"),
    _status(_unknown("The image service reported a fault instead of a picture."), 0, 999),
)  # fmt: skip


def in_words(words: str) -> str:
    """What a model said instead of drawing, as a quotation on one line."""
    said = one_line(words, _LONGEST_WORDS + 1)
    shortened = said if len(said) <= _LONGEST_WORDS else f"{said[:_LONGEST_WORDS]}…"
    return f"No picture was made. The model answered: “{shortened}”"


_LONGEST_WORDS = 600

# ── For the log ─────────────────────────────────────────────────────────────────────────────────────────────

_KEYS = re.compile(r"\b(sk|sess|pk|org|proj)[-_][\w*.-]+")
_URLS = re.compile(r"\bhttps?://\S+")
_LONG_WORDS = re.compile(r"\w{5,}")
_PROSE = re.compile(r"[^\w .,:;()\[\]{}<>=+/*'\"|@#%&!?$~-]+")


def redacted(message: str, *secrets: str) -> str:
    """A vendor's words for the log: no key, no address, none of `secrets` (key, prompt), one line, short.

    Nor any longer word of them: vendors repeat pieces of a prompt, in capitals or escaped.
    """
    for secret in filter(None, secrets):
        message = message.replace(secret, "…")
    words = {word.casefold() for secret in secrets for word in _LONG_WORDS.findall(secret)}
    message = _LONG_WORDS.sub(lambda found: "…" if found[0].casefold() in words else found[0], message)
    message = _URLS.sub("<url>", _KEYS.sub("<key>", message))
    return _PROSE.sub(" ", message)[:300]
