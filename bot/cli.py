"""`retouch …`: the command line. Everything heavy is imported inside the command that needs it.

Exit codes: 0 done · 1 something broke on our side · 2 the request was wrong · 3 refused, or over a limit ·
4 the image service or the set-up failed · 5 fewer pictures than asked · 130 interrupted.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from bot import cli_books, cli_policy

if TYPE_CHECKING:
    from rich.status import Status

    from bot.app import Answer
    from bot.cards import Card, CardImage
    from bot.models import Command
    from bot.settings import Settings

T = TypeVar("T")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="retouch")
def main() -> None:
    """Make and edit pictures, in team chat or right here.

    Without OPENAI_API_KEY an offline engine sketches instead.
    """


# ── Serving ──────────────────────────────────────────────────────────────────────────────────────────────────────


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the web chat.  [default: 8080]")
def demo(port: int | None) -> None:
    """Serve the web chat on this machine. Needs no token and no key."""
    _serve(only_web=True, port=port)


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the HTTP server.  [default: 8080]")
def run(port: int | None) -> None:
    """Serve every platform whose tokens are set."""
    _serve(only_web=False, port=port)


def _serve(*, only_web: bool, port: int | None) -> None:
    from bot import app, log

    settings = _settings()
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    log.to_stderr(settings.log_level)
    _run(app.run(settings, say=_say, only_web=only_web))


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()


# ── Pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _picture_options(command: Callable[..., None]) -> Callable[..., None]:
    options = [
        click.argument("prompt"),
        click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
                     help="Where to write the picture; several become NAME-1, NAME-2 …"),
        click.option("--ar", metavar="W:H", help="Aspect ratio, such as 16:9."),
        click.option("--size", help="WIDTHxHEIGHT, 1k, 2k, 4k, square, portrait, landscape or auto."),
        click.option("--quality", help="low, medium or high; some models have more."),
        click.option("--n", type=int, help="How many pictures."),
        click.option("--series", metavar="'A | B'", help="A picture for each panel, 2 to 12, with | between them."),
        click.option("--format", "format_", help="png, jpeg or webp.  [default: by the output's name]"),
        click.option("--compression", type=int, help="0–100, for jpeg and webp."),
        click.option("--background", help="opaque, transparent or auto."),
        click.option("--model", help="Another model than the default."),
        click.option("--no", metavar="WORDS", help="What must not be in the picture."),
        click.option("--fidelity", help="low or high: how closely inputs are kept; some models have it."),
        click.option("--complexity", help="low, medium or high; some models have it."),
        click.option("--think", help="low, medium or high: a text model plans the picture first."),
        click.option("--web", is_flag=True, default=None, help="It may search the web for that."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for scripts."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


_refs = click.option("--ref", "refs", multiple=True, metavar="[ROLE=]FILE",
                     help="A reference picture; may be repeated. ROLE: subject, style, logo, background.")  # fmt: skip


@main.command()
@_picture_options
@_refs
def imagine(prompt: str, refs: tuple[str, ...], **options: object) -> None:
    """Make a picture from words."""
    _picture("imagine", prompt, _by_role(refs), options)


@main.command()
@click.argument("picture", type=click.Path())
@_picture_options
@_refs
@click.option("--mask", type=click.Path(), help="What may change: transparent (or white) parts of this picture.")
@click.option("--region", help="Change only this part, such as 'left half' or '10%,20%-60%,80%'.")
@click.option("--unlocked", is_flag=True, default=None, help="Leave what the model did outside the mask or region.")
@click.option("--markup", type=click.Path(), help="What was drawn over the picture: a transparent PNG of its size.")
def edit(
    picture: str, prompt: str, refs: tuple[str, ...], mask: str | None, markup: str | None, **options: object
) -> None:
    """Change a picture by words."""
    files = {"image": [picture], **_by_role(refs), "mask": [mask] if mask else [], "markup": [markup] if markup else []}
    _picture("edit", prompt, files, options)


def _by_role(refs: tuple[str, ...]) -> dict[str, list[str]]:
    """`logo=acme.png` says what a reference is for; a plain path leaves that to the words."""
    files: dict[str, list[str]] = {}
    for ref in refs:
        role, _, path = ref.partition("=")
        known = role in ("subject", "style", "logo", "background") and path
        files.setdefault(role if known else "reference", []).append(path if known else ref)
    return files


@main.command()
@click.option("--model", default="gpt-image-2", show_default=True, help="The model.")
@click.option("--ar", metavar="W:H", help="Aspect ratio, such as 16:9.")
@click.option("--size", help="WIDTHxHEIGHT, 1k, 2k, 4k, square, portrait, landscape or auto.")
@click.option("--quality", help="low, medium, high or auto; some models have more.")
@click.option("--n", type=int, default=1, show_default=True, help="How many pictures.")
@click.option("--series", metavar="'A | B'", help="A series with these panels.")
@click.option("--refs", type=click.IntRange(0, 16), default=0, show_default=True, help="How many pictures go along.")
@click.option("--previews", type=click.IntRange(0, 3), help="Passing pictures.  [default: RETOUCH_PREVIEWS]")
@click.option("--prompt", default="", help="The words; without them 200 characters are assumed.")
@click.option("--think", help="low, medium or high.")
@click.option("--web", is_flag=True, default=None, help="With web search.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for scripts.")
def price(model: str, refs: int, previews: int | None, prompt: str, as_json: bool, **options: object) -> None:
    """Print what a request would cost at most, in tokens and dollars. Asks nobody."""
    from bot import admin

    flags = {name: str(value) for name, value in options.items() if value is not None}
    _run(_say_price(admin.price_table, model, flags, refs, previews, prompt, as_json=as_json))


async def _say_price(
    table: Callable[..., str], model: str, flags: dict[str, str], refs: int, previews: int | None, prompt: str,
    *, as_json: bool
) -> None:  # fmt: skip
    click.echo(table(_quiet_settings(), model, flags, refs=refs, previews=previews, prompt=prompt, as_json=as_json))


@main.command()
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--trust", type=click.Path(path_type=Path), help="PEM certificates of who may sign Content Credentials.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file, for scripts.")
def verify(files: tuple[Path, ...], trust: Path | None, as_json: bool) -> None:
    """Say which version a picture is, by its bytes, and what its Content Credentials say. Asks no server.

    Ends with 0 if every file is a picture of this installation, and with 1 if one is not.
    """
    from bot import app, provenance

    settings, is_ours = _quiet_settings(), True
    for path in files:
        origin = _run(app.verify(settings, path, trust))
        name = [f"== {provenance.printable(path.name)}"] if len(files) > 1 else []
        lines = [*name, *provenance.lines(origin)]
        click.echo(json.dumps(provenance.as_data(origin)) if as_json else "\n".join(lines))
        is_ours = is_ours and bool(origin.matches)
    sys.exit(0 if is_ours else 1)


def _picture(name: str, prompt: str, files: dict[str, list[str]], options: dict[str, object]) -> None:
    from bot import app

    settings = _quiet_settings()
    output = options.pop("output")
    as_json = bool(options.pop("as_json"))
    target = output if isinstance(output, Path) else None
    _check_target(target)
    flags = _flags(options, target)
    progress = _Progress(quiet=as_json)
    with progress:
        answer = _run(app.ask(settings, lambda place: _command(name, prompt, files, flags, place), progress.show))
    _report(answer, target, as_json=as_json)


def _flags(options: dict[str, object], target: Path | None) -> dict[str, str]:
    flags = {name.rstrip("_"): str(value) for name, value in options.items() if value is not None}
    by_name = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
    if target and "format" not in flags and target.suffix.lower() in by_name:
        flags["format"] = by_name[target.suffix.lower()]
    return flags


def _check_target(target: Path | None) -> None:
    """Find out that the picture cannot be written before it is paid for."""
    folder = target.parent if target else Path()
    if not folder.is_dir():
        _fail(f"The folder {folder} does not exist.", 2)


def _command(name: str, prompt: str, files: dict[str, list[str]], flags: dict[str, str], place: str) -> Command:
    import getpass

    from bot.models import Attachment, Command, Place, Role, User, new_id

    attachments = tuple(
        Attachment(Path(path).name, path, role=Role(role)) for role, paths in files.items() for path in paths
    )
    return Command(
        event_id=new_id(),
        place=Place(place, "local", "terminal"),
        user=User("cli", getpass.getuser(), getpass.getuser(), is_admin=True),
        text=prompt,
        name=name,
        flags=flags,
        attachments=attachments,
    )


class _Progress:
    """A live line on a terminal, plain lines otherwise, nothing with --json. Always on stderr."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._last = ""
        self._live: Status | None = None

    def __enter__(self) -> _Progress:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.status import Status

            self._live = Status("Starting", console=Console(stderr=True))
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, card: Card) -> None:
        """Say how far it is, unless that was just said."""
        line = " · ".join(part for part in (card.title, card.footer, card.body) if part)
        if self._quiet or line == self._last:
            return
        self._last = line
        if self._live is not None:
            self._live.update(line)
        else:
            click.echo(line, err=True)


def _report(answer: Answer, target: Path | None, *, as_json: bool) -> None:
    from bot.cards import Tone

    card = answer.card
    if card.tone is not Tone.DONE or answer.version is None:
        code = {Tone.REFUSAL: 3, Tone.FAILURE: 4}.get(card.tone, 2)
        if as_json:
            click.echo(json.dumps({"ok": False, "error": card.title, "exit_code": code}))
        _fail(card.title, code)
    version = answer.version
    images = [image for image in card.images if image.asset in version.images]  # a contact sheet may come first
    files = _write(version.id, images, target)
    code = 5 if version.missing else 0
    if as_json:
        pictures = [{"file": str(path), "width": image.width, "height": image.height, "sha256": image.asset,
                     "alt": image.alt}
                  for path, image in zip(files, images, strict=True)]  # fmt: skip
        found = {"ok": True, "version": version.id, "images": pictures, "model": version.options.model,
                 "cost_usd": version.cost / 1e6, "cost_is_estimate": version.cost_is_estimate,
                 "footer": card.footer, "notes": card.body, "missing": list(version.missing),
                 "exit_code": code}  # fmt: skip
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for path in files:
            click.echo(str(path))
        click.echo(" · ".join(part for part in (card.footer, card.body) if part), err=True)
    sys.exit(code)


def _write(version: str, images: list[CardImage], target: Path | None) -> list[Path]:
    """Copy the pictures out, whole or not at all. Their bytes are the image service's own."""
    import shutil

    written = []
    for index, image in enumerate(images, start=1):
        suffix = Path(image.name).suffix
        base = target or Path(f"retouch-{version}{suffix}")
        path = base if len(images) == 1 else base.with_stem(f"{base.stem}-{index}")
        part = path.with_name(f".{path.name}.part")
        try:
            shutil.copyfile(image.path, part)
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            _fail(f"{path} cannot be written ({error.strerror}); the picture is kept in {image.path}.", 1)
        written.append(path)
    return written


# ── Administration ───────────────────────────────────────────────────────────────────────────────────────────────


@main.command()
@click.argument("target", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Copy the database and the pictures to a new folder, also while the bot is running."""
    from bot import admin

    click.echo(_run(admin.back_up(_quiet_settings(), target)))


@main.command()
@click.option("--workspace", help="Only this one: a Slack team id, a Discord guild id, or `local`.")
@click.option("--dry-run", is_flag=True, help="Only print what would go.")
def purge(workspace: str | None, dry_run: bool) -> None:
    """Delete what is older than workspaces keep; `retouch run` does it once a day."""
    from bot import app

    click.echo(_run(app.purge_now(_quiet_settings(), workspace, dry=dry_run)))


cli_books.add_to(main)
cli_policy.add_to(main)


# ── Shared ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _quiet_settings() -> Settings:
    """The settings for a command that prints its answer: only errors are logged beside it."""
    from bot import log

    settings = _settings()
    log.to_stderr("ERROR" if settings.log_level == "INFO" else settings.log_level)
    return settings


def _settings() -> Settings:
    from bot.errors import SetupProblem
    from bot.settings import load_settings

    try:
        return load_settings()
    except SetupProblem as error:
        _fail(str(error), 4)


def _run(work: Coroutine[object, object, T]) -> T:
    from bot.errors import BadInput, RetouchError

    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        _fail("Interrupted.", 130)
    except BadInput as error:
        _fail(str(error), 2)
    except RetouchError as error:
        _fail(str(error), 4)


def _fail(sentence: str, code: int) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(code)
