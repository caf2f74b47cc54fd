"""A whole conversation in which everything goes wrong, in every chat; then nothing secret stands in any log."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.errors import OutcomeUnknown, ProviderProblem
from bot.log import LINE, Discreet, to_stderr
from tests.contracts.chat import ChatDriver, Seen
from tests.drivers import slack as slack_driver
from tests.fakes import slack as slack_world
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.provider import Broken, FakeProvider, png
from tests.harness import open_test_house
from tests.talk import Talk
from tests.test_conversation import CHATS
from tests.test_openai.gates import gateway, opened

KEY = "sk-verysecret0123456789"
PROMPT = "a zyxwvprompt fox in Qqrstown"
SECRETS = ("verysecret", "zyxwvprompt", "qqrstown", "editwordsxyz", "logofilexyz", slack_world.TOKEN.casefold())
OURS = ("bot", "adapters", "storage")
FAULTS = ("moderation_input", "moderation_words", "server_error", "html_502", "gateway_error_text",
          "cut_before_headers", "cut_mid_body", "error_in_200", "chinese_code", "not_a_picture", "empty_data",
          "unknown_parameter", "invalid_value_size", "truncated_base64", "model_not_found", "insufficient_quota",
          "invalid_api_key")  # fmt: skip


class Told(logging.Handler):
    """Every line as it would be written: of others from INFO on, of ours from DEBUG on."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        if record.levelno >= logging.INFO or record.name.partition(".")[0] in OURS:
            self.lines.append(self.format(record))

    def leaks(self, *more: str) -> list[str]:
        """The lines with a secret in them."""
        return [line for line in self.lines if any(one in line.casefold() for one in (*SECRETS, *more))]


@pytest.fixture
def told() -> Iterator[Told]:
    root, handler = logging.getLogger(), Told()
    before = root.level, {name: logging.getLogger(name).level for name in _OTHERS}
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before[0])
    for name, level in before[1].items():
        logging.getLogger(name).setLevel(level)


_OTHERS = ("aiohttp.access", "slack_bolt", "httpx2", "openai", "slack_sdk", "discord", "aiohttp", "httpcore2")


async def settled(driver: ChatDriver) -> None:
    """Wait until nothing is being drawn."""
    async with asyncio.timeout(30):
        while any("Cancel" in one.buttons for one in await driver.seen()):
            await asyncio.sleep(0.02)


async def _picture(driver: ChatDriver) -> Seen:
    async with asyncio.timeout(30):
        while not (found := [one for one in await driver.seen() if one.images and "Cancel" not in one.buttons]):
            await asyncio.sleep(0.02)
    return found[0]


@pytest.mark.parametrize("chat", CHATS)
async def test_a_conversation_in_which_everything_fails_leaves_no_secret_in_the_log(
    chat: str, tmp_path: Path, told: Told, capfd: pytest.CaptureFixture[str]
) -> None:
    async with (
        OpenAIServer() as server,
        opened(gateway(server, key=KEY), patience=5) as provider,
        open_test_house(tmp_path, provider, model="gpt-image-2") as house,
        CHATS[chat](house) as driver,
    ):
        to_stderr("INFO")
        logging.getLogger().setLevel(logging.DEBUG)
        await driver.imagine(PROMPT)
        await driver.reply("make it editwordsxyz", to=await _picture(driver))
        await driver.ref("add @logofilexyz", files=[("logofilexyz.png", png())])
        await driver.imagine(f"{PROMPT} --size 99x99 --quality zyxwvprompt")
        for number, fault in enumerate(FAULTS):
            server.fault(fault)
            await driver.imagine(f"{PROMPT} {number}")
            await settled(driver)
            await driver.imagine(f"{PROMPT} {number} anew")  # or the gateway is left alone for a while
            await settled(driver)
    assert len([line for line in told.lines if "job failed" in line]) > len(FAULTS) // 2, "it did go wrong"
    assert told.leaks(slack_driver.SECRET) == []
    out, err = capfd.readouterr()
    assert [line for line in (out + err).splitlines() if any(one in line.casefold() for one in SECRETS)] == []


async def test_what_breaks_in_the_core_is_logged_without_the_words(talk: Talk, told: Told) -> None:
    faults = [Broken("no"), RuntimeError("no"), OutcomeUnknown("no"), ProviderProblem("no"), OSError(28, "full")]
    for number, fault in enumerate(faults):
        talk.provider.faults.append(fault)
        await talk.imagine(f"{PROMPT} {number}")
    await talk.imagine(PROMPT)
    await talk.reply("make it editwordsxyz")
    talk.chat.edit_fault = None
    assert any("Traceback" in line for line in told.lines)
    assert told.leaks() == []


async def test_a_gateway_that_repeats_key_and_words_does_not_get_them_into_the_log(tmp_path: Path, told: Told) -> None:
    async with (
        _parrot() as address,
        opened(gateway(address, key=KEY), patience=5) as provider,
        open_test_house(tmp_path, provider, model="gpt-image-2") as house,
    ):
        from tests.fakes.chat import FakeChat

        chat = FakeChat()
        talk = Talk(house, chat, FakeProvider(), house.studio(chat))
        for status in (400, 401, 403, 404, 429, 500, 503):
            await talk.imagine(f"{PROMPT} {status}")
    assert any("status=400" in line for line in told.lines)
    assert told.leaks() == []


@asynccontextmanager
async def _parrot() -> AsyncIterator[str]:
    """A gateway whose errors have in them what was sent, whole, in pieces, in capitals, and as JSON."""

    async def answer(request: web.Request) -> web.Response:
        sent = await request.text()
        status = int(found[-1]) if (found := re.findall(r"Qqrstown (\d{3})", sent)) else 500
        key = request.headers["Authorization"]
        words = f"{key} said “{PROMPT[:20]}”, {PROMPT.upper()}; {json.dumps(PROMPT)} {sent[:500]}"
        error = {"message": f"bad: {words}", "code": "x", "param": PROMPT, "type": "invalid_request_error"}
        return web.json_response({"error": error}, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/v1"))


async def test_the_log_of_a_server_has_no_link_in_it(tmp_path: Path, told: Told) -> None:
    import aiohttp

    from adapters.web.server import serve
    from bot.links import Grant, Links, Page
    from tests.talk import ALICE, CHANNEL

    to_stderr("DEBUG")
    async with open_test_house(tmp_path) as house:
        app = web.Application()
        house.pages().add_to(app)
        links = Links(b"salt", "")
        tokens = []
        async with serve(app, "127.0.0.1", 0) as port, aiohttp.ClientSession() as session:
            for page in (Page.GALLERY, Page.THREAD, Page.EXPORT, Page.MASK):
                url = links.make(page, Grant(ALICE, CHANNEL, "nothing"))
                tokens.append(url.rpartition("/")[2].casefold())
                for path in (url, url[:-3]):
                    async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                        await answer.read()
    assert told.leaks(*tokens) == []


def test_at_the_lowest_level_the_libraries_still_keep_what_they_send_to_themselves(told: Told) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    try:
        to_stderr("DEBUG")
        for name in ("slack_sdk.web.async_internal_utils", "discord.http", "openai._base_client", "aiohttp.access",
                     "httpcore2.connection", "slack_bolt.AsyncApp"):  # fmt: skip
            logging.getLogger(name).debug("sent: %s", PROMPT)
    finally:
        logging.getLogger().removeHandler(handler)
    assert PROMPT not in stream.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        "Failed to connect (error: 401, message='no', url=URL('wss://wss.slack.com/link/?ticket=SECRET-1&app_id=2'))",
        "We are being rate limited. POST https://discord.com/api/v10/webhooks/123456/SECRET_abc responded with 429.",
        "POST https://discord.com/api/v10/interactions/987/SECRET.abc/callback failed",
        "GET /p/gallery/SECRETx.y.z HTTP/1.1",
        "https://pictures.example.org/p/export/WyJSECRETx.y-z was opened",
        "could not answer at https://hooks.slack.com/commands/T1/2/SECRET",
        "invalid_auth: xoxb-SECRET-123456 and xapp-1-SECRET",
        "Incorrect API key provided: sk-proj-SECRET123456",
        "Authorization: Bearer SECRET0123456789abcdef",
        "token MTIzNDU2Nzg5MDEyMzQ1Njc4.SECRET.abcdefghijklmnopqrstuvwxyzab was refused",
        "https://cdn.discordapp.com/attachments/1/2/a.png?ex=SECRET&hm=SECRET",
        "a://b/(https://files.example/a.png?sig=SECRET)",
    ],
)
def test_whatever_a_library_writes_no_key_and_no_signed_link_gets_into_a_line(line: str) -> None:
    formatter = Discreet(LINE)
    raised = logging.LogRecord("lib", logging.ERROR, "f", 1, "it broke", None, None)
    try:
        raise RuntimeError(line)
    except RuntimeError as error:
        raised.exc_info = (RuntimeError, error, error.__traceback__)
    said = logging.LogRecord("lib", logging.WARNING, "f", 1, "%s", (line,), None)
    assert "SECRET" not in formatter.format(said)
    assert "SECRET" not in formatter.format(raised)


def test_a_plain_line_is_written_as_it_is() -> None:
    line = "kept: job=j4 version=v7 images=2 cost=41000 https://api.openai.com/v1/images sk-ip /p/ a ? b"
    record = logging.LogRecord("bot", logging.INFO, "f", 1, line, None, None)
    assert Discreet("%(message)s").format(record) == line


def test_a_long_line_of_half_addresses_is_written_in_time() -> None:
    """What somebody sent may be in an error: looking for secrets must take time as its length, not as its square."""
    line = "a://" * 50_000
    assert Discreet("%(message)s").format(logging.makeLogRecord({"msg": line})) == line
