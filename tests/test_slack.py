"""Slack: signatures, payloads, blocks, files and Socket Mode. The conversations are in test_conversation.py."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk.errors import SlackApiError

from adapters.slack import SlackPlatform, incoming, shortcuts
from adapters.slack.blocks import card_blocks, escaped, fallback_text
from adapters.slack.files import is_slack_url
from adapters.slack.problems import PROBLEMS, problem
from bot.cards import Button, Card, CardImage, Tone
from bot.errors import CannotPost, MessageGone, PlatformProblem, SetupProblem
from bot.models import Action, Command, Message, Place, Policy, User
from bot.ports import ChatPlatform, Doors
from tests.drivers.slack import SlackDriver, open_slack_http, words
from tests.fakes.provider import png
from tests.fakes.slack import BOT_USER, CHANNEL, TEAM, TOKEN, SlackWorld, open_slack_world

ALICE = User("slack", "UALICE", "alice")
ROOT = Path(__file__).parents[1]


class Doorkeeper:
    """Doors that write down who came in."""

    def __init__(self) -> None:
        self.came: list[Command | Message | Action] = []

    async def command(self, command: Command) -> None:
        self.came.append(command)

    async def message(self, message: Message) -> None:
        self.came.append(message)

    async def ask(self, asked: Action | Command) -> Card | None:
        raise NotImplementedError

    async def settings(self, user: User, workspace: str) -> Policy | None:
        return Policy() if user.is_admin else None

    async def action(self, action: Action) -> None:
        self.came.append(action)

    def studio(self, platform: ChatPlatform, /) -> Doors:
        return self

    async def arrived(self, count: int) -> list[Command | Message | Action]:
        async with asyncio.timeout(5):
            while len(self.came) < count:
                await asyncio.sleep(0.01)
        return self.came


@pytest.fixture
def doors() -> Doorkeeper:
    return Doorkeeper()


@pytest.fixture
async def slack(doors: Doorkeeper) -> AsyncIterator[SlackDriver]:
    async with open_slack_http(doors) as driver:
        yield driver


def picture(folder: Path, media_type: str = "image/png") -> CardImage:
    path = folder / "fox.png"
    path.write_bytes(png())
    return CardImage(path, media_type, 64, 64, "a red fox", "fox.png", asset="a1")


# ── what comes in ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_request_with_a_wrong_signature_is_turned_away(slack: SlackDriver, doors: Doorkeeper) -> None:
    assert await slack.post("{}", **{"X-Slack-Signature": "v0=bad"}) == 401
    assert doors.came == []


async def test_a_request_from_ten_minutes_ago_is_turned_away(slack: SlackDriver) -> None:
    assert await slack.post("{}", **{"X-Slack-Request-Timestamp": str(int(time.time()) - 600)}) == 401


async def test_an_event_nobody_listens_to_is_answered_with_200(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.event({"type": "team_join", "user": {"id": "U9"}})
    assert doors.came == []


async def test_a_mention_that_arrives_as_two_events_is_one_message(slack: SlackDriver, doors: Doorkeeper) -> None:
    event = {"type": "message", "channel": CHANNEL, "user": "UALICE", "text": f"<@{BOT_USER}> a fox", "ts": "5.1"}
    await slack.event(event)
    await slack.event(event | {"type": "app_mention"})
    first, second = await doors.arrived(2)
    assert first.event_id == second.event_id == f"{CHANNEL}:5.1"
    assert isinstance(first, Message)
    assert (first.mentions_bot, first.text, first.place.thread) == (True, "a fox", "5.1")


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B1", "text": "a bot"},
        {"subtype": "message_changed", "text": "edited"},
        {"subtype": "channel_join", "text": "joined"},
        {"text": "people talking in the channel"},
        {"user": BOT_USER, "text": "myself", "thread_ts": "1.0"},
    ],
)
async def test_what_is_not_said_to_us_does_not_reach_the_doors(
    slack: SlackDriver, doors: Doorkeeper, event: dict[str, str]
) -> None:
    await slack.event({"type": "message", "channel": CHANNEL, "user": "UALICE", "ts": "6.1"} | event)
    await slack.event({"type": "message", "channel": CHANNEL, "user": "UALICE", "ts": "6.2", "thread_ts": "6.0",
                       "text": "last"})  # fmt: skip
    (only,) = await doors.arrived(1)
    assert only.text == "last"


def test_a_direct_message_is_for_us_and_starts_a_thread() -> None:
    event = {"channel": "D1", "channel_type": "im", "ts": "7.1", "text": "a fox", "user": "UALICE"}
    message = incoming.message(event, TEAM, ALICE, BOT_USER)
    assert message
    assert (message.mentions_bot, message.place) == (True, Place("slack", TEAM, "D1", "7.1"))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<@U000000001> hi", ("hi", True, False)),
        ("hey <@U2|bob> look", ("hey bob look", False, True)),
        ("<!channel> look", ("channel look", False, True)),
        ("<!subteam^S1|@team> look", ("@team look", False, True)),
        ("a &lt;b&gt; &amp;amp; c", ("a <b> &amp; c", False, False)),
        ("see <https://x.example|this> and <https://y.example>", ("see this and https://y.example", False, False)),
        ("in <#C1|general>", ("in general", False, False)),
        ("put @logo top left", ("put @logo top left", False, False)),
        ("@logo like <@U2|bob>", ("@logo like bob", False, True)),
    ],
)
def test_slacks_markup_becomes_plain_words(text: str, read: tuple[str, bool, bool]) -> None:
    assert incoming.read_text(text, BOT_USER) == read


def test_deleted_files_are_left_out() -> None:
    files: list[dict[str, Any]] = [
        {"id": "F1", "name": "a.png", "mimetype": "image/png", "size": 3},
        {"id": "F2", "mode": "tombstone"},
    ]
    assert [one.ref for one in incoming.attachments(files)] == ["F1"]


def test_a_foreign_button_is_not_ours() -> None:
    payload = {"actions": [{"action_id": "other:thing"}], "channel": {"id": "C"}, "message": {"ts": "1.0"}}
    assert incoming.action(payload, TEAM, ALICE) is None


# ── what goes out ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_card_of_any_length_stays_within_slacks_limits(tmp_path: Path) -> None:
    many = tuple(Button("L" * 200, "edit", f"id{n}", form=True, value="v" * 5000) for n in range(60))
    card = Card(
        "T" * 9000,
        Tone.FAILURE,
        "p" * 32_000,
        "b" * 9000,
        "f" * 9000,
        (replace(picture(tmp_path), alt="a" * 9000),) * 60,
        many,
    )
    blocks = card_blocks(card, ["F1"] * 60)
    assert len(blocks) <= 50
    text = json.dumps(blocks)
    alts = sum(len(block["alt_text"]) for block in blocks if block["type"] == "image")
    assert len(words({"blocks": blocks})) + alts < 13_000
    for block in blocks:
        for element in block.get("elements", []) if block["type"] == "actions" else []:
            assert len(element["text"]["text"]) <= 75
            assert len(element["value"]) <= 2000
    assert len(fallback_text(card)) <= 2000 * 5
    assert "mrkdwn" not in text


def test_a_card_says_for_whom_it_is() -> None:
    footer = card_blocks(Card("v1", footer="1024×1024", asker="Alice <!here>"))[-1]
    assert footer["elements"] == [{"type": "plain_text", "text": "for Alice <!here> · 1024×1024", "emoji": False}]


def test_an_empty_part_never_makes_an_invalid_block() -> None:
    for block in card_blocks(Card("", footer=" ", prompt="\n")):
        assert '"text": ""' not in json.dumps(block)


@pytest.mark.parametrize("words", ["<!channel>", "<@U1>", "<https://evil|x>", "a & b", "<!subteam^S1>"])
def test_the_notification_text_cannot_ping_or_link(words: str) -> None:
    text = fallback_text(Card("t", prompt=words))
    assert "<" not in text
    assert escaped(words) in text


async def test_a_picture_waits_until_slack_has_processed_it(slack: SlackDriver, tmp_path: Path) -> None:
    address = await slack.platform.post(Place("slack", TEAM, CHANNEL), Card("v1", images=(picture(tmp_path),)),
                                        reply_to=None, key="k")  # fmt: skip
    (seen,) = await slack.seen()
    assert (seen.id, seen.images) == (address.message, (png(),))
    assert len(slack.world.called("files.info")) >= 2, "asked again until the type was known"


async def test_the_same_picture_is_uploaded_once(slack: SlackDriver, tmp_path: Path) -> None:
    card = Card("v1", images=(picture(tmp_path),))
    address = await slack.platform.post(Place("slack", TEAM, CHANNEL), card, reply_to=None, key="k")
    await slack.platform.edit(address, card)
    assert len(slack.world.called("files.getUploadURLExternal")) == 1


async def test_a_webp_arrives_as_a_type_slack_shows(slack: SlackDriver, tmp_path: Path) -> None:
    from PIL import Image

    image = picture(tmp_path, "image/webp")
    Image.new("RGB", (64, 64)).save(image.path, "WEBP")
    await slack.platform.post(Place("slack", TEAM, CHANNEL), Card("v1", images=(image,)), reply_to=None, key="k")
    (seen,) = await slack.seen()
    assert seen.images[0].startswith(b"\x89PNG")


async def test_a_channel_without_us_gives_the_hint(slack: SlackDriver) -> None:
    slack.world.faults["chat.postMessage"] = [{"ok": False, "error": "not_in_channel"}]
    with pytest.raises(CannotPost, match="/invite"):
        await slack.platform.post(Place("slack", TEAM, CHANNEL), Card("v1"), reply_to=None, key="k")


async def test_a_deleted_message_is_told_apart(slack: SlackDriver) -> None:
    address = await slack.platform.post(Place("slack", TEAM, CHANNEL), Card("v1"), reply_to=None, key="k")
    slack.world.faults["chat.update"] = [{"ok": False, "error": "message_not_found"}]
    with pytest.raises(MessageGone):
        await slack.platform.edit(address, Card("v1"))


async def test_a_whisper_to_a_message_is_ephemeral_in_its_thread(slack: SlackDriver, doors: Doorkeeper) -> None:
    message = Message("e", Place("slack", TEAM, CHANNEL, "8.0"), ALICE, "x", id="8.1")
    await slack.platform.whisper(message, Card("Only you."))
    (whisper,) = slack.world.whispers
    assert (whisper["user"], whisper["thread_ts"]) == ("UALICE", "8.0")


async def test_a_whisper_to_a_command_uses_its_own_url(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.imagine("a fox")
    (command,) = await doors.arrived(1)
    await slack.platform.whisper(command, Card("Only you."))
    assert slack.world.whispers[0]["response_type"] == "ephemeral"
    assert slack.world.called("chat.postEphemeral") == []


async def test_after_close_the_platform_says_it_is_not_connected() -> None:
    with pytest.raises(PlatformProblem):
        platform = SlackPlatform(bot_token="x", signing_secret="y")
        platform._ready.set()
        await platform.post(Place("slack", TEAM, CHANNEL), Card("v1"), reply_to=None, key="k")


def test_every_known_error_keeps_its_kind() -> None:
    for code, ours in PROBLEMS.items():
        found = problem(SlackApiError("x", {"ok": False, "error": code}))  # type: ignore[no-untyped-call]
        expected = PlatformProblem if isinstance(ours, SetupProblem) else type(ours)
        assert type(found) is expected
        assert str(found) == str(ours)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://files.slack.com/files-pri/T1-F1/x.png", True),
        ("https://files.slack-gov.com/x", True),
        ("http://files.slack.com/x", False),
        ("https://files.slack.com:8443/x", False),
        ("https://slack.com.evil.example/x", False),
        ("https://evil.example/slack.com", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_the_token_goes_to_slacks_own_hosts_only(url: str, ours: bool) -> None:
    assert is_slack_url(url, frozenset()) is ours


# ── tokens and Socket Mode ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_refused_token_is_one_sentence(doors: Doorkeeper) -> None:
    async with open_slack_world() as world:
        world.faults["auth.test"] = [{"ok": False, "error": "invalid_auth"}]
        with pytest.raises(SetupProblem, match="SLACK_BOT_TOKEN"):
            await SlackPlatform(bot_token="x", signing_secret="y", api_url=f"{world.url}/api/").run(doors)


async def test_a_refused_app_token_is_one_sentence(doors: Doorkeeper) -> None:
    async with open_slack_world() as world:
        world.faults["apps.connections.open"] = [{"ok": False, "error": "invalid_auth"}]
        with pytest.raises(SetupProblem, match="SLACK_APP_TOKEN"):
            await SlackPlatform(bot_token=TOKEN, app_token="xapp-x", api_url=f"{world.url}/api/").run(doors)


async def test_socket_mode_delivers_and_acknowledges(doors: Doorkeeper) -> None:
    async with open_slack_world() as world:
        platform = SlackPlatform(bot_token=TOKEN, app_token="xapp-x", api_url=f"{world.url}/api/")
        running = asyncio.create_task(platform.run(doors))
        await _socket(world)
        form = {"command": "/imagine", "text": "a fox", "user_id": "UALICE", "channel_id": CHANNEL, "team_id": TEAM,
                "trigger_id": "t1", "response_url": f"{world.url}/respond/1", "api_app_id": "A1"}  # fmt: skip
        await world.envelope("slash_commands", form, "e1")
        (command,) = await doors.arrived(1)
        assert command.text == "a fox"
        said = {"type": "message", "channel": CHANNEL, "user": "UALICE", "text": "hi", "ts": "9.1", "thread_ts": "9.0"}
        event: dict[str, Any] = {"type": "event_callback", "team_id": TEAM, "event_id": "Ev1", "event": said}
        await world.envelope("events_api", event, "e2")
        assert len(await doors.arrived(2)) == 2
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _socket(world: SlackWorld) -> None:
    async with asyncio.timeout(10):
        while not world.sockets:
            await asyncio.sleep(0.01)


async def test_a_request_in_hand_is_finished_before_closing(tmp_path: Path) -> None:
    class Slow(Doorkeeper):
        async def command(self, command: Command) -> None:
            await asyncio.sleep(0.2)
            await super().command(command)

    doors = Slow()
    async with open_slack_http(doors) as driver:
        await driver.imagine("a fox")
    assert len(doors.came) == 1


async def test_nothing_a_person_wrote_is_logged(slack: SlackDriver, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await slack.imagine("a very secret fox")
        await slack.post('{"text": "a very secret fox"}', **{"X-Slack-Signature": "v0=bad"})
    assert "secret fox" not in caplog.text


# ── the manifest ─────────────────────────────────────────────────────────────────────────────────────────────────

SCOPES = {
    "chat.postMessage": "chat:write", "chat.update": "chat:write", "chat.postEphemeral": "chat:write",
    "files.getUploadURLExternal": "files:write", "files.completeUploadExternal": "files:write",
    "files.info": "files:read", "files.delete": "files:write",
    "chat.getPermalink": None, "users.info": "users:read",
    "usergroups.list": "usergroups:read", "conversations.replies": "channels:history",
    "views.open": None, "views.update": None, "auth.test": None,
    "apps.connections.open": None,
}  # fmt: skip


def test_the_manifest_grants_every_method_we_call() -> None:
    manifest = yaml.safe_load((ROOT / "adapters/slack/manifest.yaml").read_text())
    granted = set(manifest["oauth_config"]["scopes"]["bot"])
    source = "".join(path.read_text() for path in (ROOT / "adapters/slack").glob("*.py"))
    for method, scope in SCOPES.items():
        assert method.replace(".", "_") in source
        assert scope is None or scope in granted
    called = set(re.findall(r"client\.([a-z]+(?:_[A-Za-z]+)+)\(", source)) - {"create_task"}
    assert called <= {method.replace(".", "_") for method in SCOPES}, "a method without its scope in the table above"


def test_every_event_in_the_manifest_has_a_listener_and_its_history_scope() -> None:
    manifest = yaml.safe_load((ROOT / "adapters/slack/manifest.yaml").read_text())
    scopes = set(manifest["oauth_config"]["scopes"]["bot"])
    source = (ROOT / "adapters/slack/listening.py").read_text()
    for event in manifest["settings"]["event_subscriptions"]["bot_events"]:
        assert f'app.event("{event.split(".")[0]}")' in source
        history = event.replace("message.", "") + ":history"
        scope = {"app_mention": "app_mentions:read"}.get(event, history)
        assert scope in scopes
    assert len(manifest["display_information"]["description"]) <= 140
    assert 174 <= len(manifest["display_information"]["long_description"]) <= 4000


def test_every_command_and_shortcut_of_the_manifest_has_a_listener() -> None:
    features = yaml.safe_load((ROOT / "adapters/slack/manifest.yaml").read_text())["features"]
    source = (ROOT / "adapters/slack/listening.py").read_text()
    for one in features["slash_commands"]:
        suffix = one["command"].removeprefix("/imagine")
        assert (f'app.command(f"{{command}}{suffix}")' if suffix else "app.command(command)") in source
        assert one["should_escape"] is (suffix == "-admin"), "only there people are named, and mentions come escaped"
    assert {one["callback_id"] for one in features["shortcuts"]} == {shortcuts.EDIT, shortcuts.SAVE}
    assert all(len(one["name"]) <= 24 and one["type"] == "message" for one in features["shortcuts"])
