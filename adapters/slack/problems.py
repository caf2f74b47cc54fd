"""Slack's errors as ours: one table."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import CannotPost, MessageGone, PlatformProblem, RetouchError, SetupProblem

log = logging.getLogger(__name__)

_INVITE = "I'm not in this channel yet. Type /invite @Retouch here, then ask again."
_TOKEN = "Slack no longer accepts the bot's token; an admin must install the app again."  # noqa: S105
TOO_LARGE = "This Slack workspace does not take a file that large; ask for fewer or smaller pictures."
_NOT_ALLOWED = "This Slack workspace does not allow such files; ask an admin to allow them."

PROBLEMS: dict[str, RetouchError] = {
    "not_in_channel": CannotPost(_INVITE),
    "channel_not_found": CannotPost(_INVITE),
    "is_archived": CannotPost("This channel is archived; ask again in another one."),
    "restricted_action": CannotPost("I may not post in this channel; ask again in another one."),
    "restricted_action_read_only_channel": CannotPost("This channel is read-only; ask again in another one."),
    "restricted_action_thread_only_channel": CannotPost("Only threads may be used here; ask again in another channel."),
    "messages_tab_disabled": CannotPost("Direct messages to this app are switched off; ask again in a channel."),
    "message_not_found": MessageGone("The message was deleted."),
    "cant_update_message": MessageGone("The message can no longer be changed."),
    "thread_not_found": MessageGone("The thread was deleted."),
    "edit_window_closed": MessageGone("The message can no longer be changed."),
    "invalid_auth": SetupProblem(_TOKEN),
    "not_authed": SetupProblem(_TOKEN),
    "account_inactive": SetupProblem(_TOKEN),
    "token_revoked": SetupProblem(_TOKEN),
    "token_expired": SetupProblem(_TOKEN),
    "missing_scope": SetupProblem("The Slack app lacks a permission; an admin must install it again."),
    "file_upload_size_restricted": PlatformProblem(TOO_LARGE),
    "storage_limit_reached": PlatformProblem("Slack's file storage is full; ask an admin to make room."),
    "file_uploads_disabled": PlatformProblem(_NOT_ALLOWED),
    "file_uploads_except_images_disabled": PlatformProblem(_NOT_ALLOWED),
    "file_type_not_allowed": PlatformProblem(_NOT_ALLOWED),
    "blocked_file_type": PlatformProblem(_NOT_ALLOWED),
    "ratelimited": PlatformProblem("Slack is asking us to slow down."),
}


@asynccontextmanager
async def ours() -> AsyncIterator[None]:
    """Turn what Slack or the network raises inside into our errors."""
    try:
        yield
    except SlackApiError as error:
        raise problem(error) from error
    except (TimeoutError, SlackClientError, aiohttp.ClientError, OSError) as error:
        raise PlatformProblem("Slack could not be reached.") from error


def problem(error: SlackApiError) -> RetouchError:
    """Our error for one of Slack's answers. Permission and token problems also tell the log what is missing."""
    code = error_code(error)
    known = PROBLEMS.get(code)
    if isinstance(known, SetupProblem):
        log.error("Slack refused: %s (needed: %s)", code, error.response.get("needed", "?"))
    if known is None or isinstance(known, SetupProblem):
        return PlatformProblem(str(known) if known else f"Slack did not accept this ({code}).")
    return type(known)(str(known))


def error_code(error: SlackApiError) -> str:
    """Slack's short word for what went wrong."""
    return str(error.response.get("error", "unknown"))
