"""Everything that can be set from outside: environment variables, read once."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SetupProblem


def _named(variable: str) -> AliasChoices:
    return AliasChoices(variable)


class Settings(BaseSettings):
    """The environment as typed values. An empty variable counts as not set; README.md has this table."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", populate_by_name=True)

    data: Path = Field(
        default_factory=lambda: user_data_path("retouch"),
        validation_alias=_named("RETOUCH_DATA"),
        description="Folder for the database and the pictures",
    )
    host: str = Field(
        "127.0.0.1",
        validation_alias=_named("RETOUCH_HOST"),
        description="Address the HTTP server binds to (web chat, Slack over HTTP, /healthz)",
    )
    url: str = Field(
        "",
        pattern=r"^(https?://[^\s/]+(/[^\s]*)?)?$",
        validation_alias=_named("RETOUCH_URL"),
        description="Where people reach that server from outside, for links from Slack and Discord to its pages",
    )
    port: int = Field(
        8080,
        ge=0,
        le=65535,
        validation_alias=_named("RETOUCH_PORT"),
        description="Its port; 0 picks a free one",
    )
    web: Literal["auto", "on", "off"] = Field(
        "auto",
        validation_alias=_named("RETOUCH_WEB"),
        description="The web chat: `auto` serves it when neither Slack nor Discord is set up. It has no login",
    )
    web_names: str = Field(
        "",
        validation_alias=_named("RETOUCH_WEB_NAMES"),
        description="Further host names the web chat answers to, behind a proxy with a login: `a.example, b.example`",
    )
    openai_api_key: SecretStr | None = Field(
        None,
        validation_alias=_named("OPENAI_API_KEY"),
        description="Draw with OpenAI instead of the sketch engine",
    )
    openai_base_url: str | None = Field(
        None,
        validation_alias=_named("OPENAI_BASE_URL"),
        description="An OpenAI-compatible gateway, with its `/v1`",
    )
    model: str | None = Field(
        None,
        validation_alias=_named("RETOUCH_MODEL"),
        description="Model used when nobody names one (`gpt-image-2`, or `sketch` without a key)",
    )
    config: Path | None = Field(
        None,
        validation_alias=_named("RETOUCH_CONFIG"),
        description="Path of `retouch.toml`: gateways, further models (else: the one in the current folder, if any)",
    )
    previews: int = Field(
        2,
        ge=0,
        le=3,
        validation_alias=_named("RETOUCH_PREVIEWS"),
        description="Passing pictures shown while drawing (0–3; $0.003 each with OpenAI). A workspace may set its own",
    )
    timeout: float = Field(
        600,
        gt=0,
        validation_alias=_named("RETOUCH_TIMEOUT"),
        description="Seconds the image service may take",
    )
    concurrency: int = Field(
        4,
        ge=1,
        le=64,
        validation_alias=_named("RETOUCH_CONCURRENCY"),
        description="Pictures drawn at the same time",
    )
    lease: float = Field(
        30,
        gt=0,
        validation_alias=_named("RETOUCH_LEASE"),
        description="Seconds after which a dead worker is noticed",
    )
    grace: float = Field(
        60,
        ge=0,
        validation_alias=_named("RETOUCH_GRACE"),
        description="Seconds running pictures get at shutdown",
    )
    sketch_seconds: float = Field(
        2,
        ge=0,
        validation_alias=_named("RETOUCH_SKETCH_SECONDS"),
        description="How long the offline engine pretends to think, so that progress is seen",
    )
    slack_bot_token: SecretStr | None = Field(
        None, validation_alias=_named("SLACK_BOT_TOKEN"), description="`xoxb-…`: turns Slack on"
    )
    slack_app_token: SecretStr | None = Field(
        None, validation_alias=_named("SLACK_APP_TOKEN"), description="`xapp-…`: Slack by Socket Mode"
    )
    slack_signing_secret: SecretStr | None = Field(
        None,
        validation_alias=_named("SLACK_SIGNING_SECRET"),
        description="Slack by HTTP: requests go to `/slack/events`",
    )
    slack_api_url: str | None = Field(
        None,
        validation_alias=_named("SLACK_API_URL"),
        description="Other base for Slack's Web API (proxy, GovSlack)",
    )
    discord_token: SecretStr | None = Field(
        None, validation_alias=_named("DISCORD_TOKEN"), description="Bot token: turns Discord on"
    )
    discord_api_url: str | None = Field(
        None,
        validation_alias=_named("DISCORD_API_URL"),
        description="Other base for Discord's REST API (proxy)",
    )
    discord_message_content: bool = Field(
        False,
        validation_alias=_named("DISCORD_MESSAGE_CONTENT"),
        description="`true` if the Message Content intent is granted: replies in threads then need no ping",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", validation_alias=_named("RETOUCH_LOG_LEVEL"), description="How much is logged to stderr"
    )

    @property
    def config_file(self) -> Path | None:
        """The `retouch.toml` that counts, if there is one."""
        here = Path("retouch.toml")
        return self.config or (here if here.is_file() else None)


def load_settings() -> Settings:
    """Read the environment. Raises `SetupProblem` with one sentence naming the variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = first["loc"][0] if first["loc"] else "the environment"
        raise SetupProblem(f"{name} cannot be used: {first['msg']}.") from error
