"""The admin page: settings, usage, budgets, outcomes nobody knows, bans and the audit of one workspace.

It reads the store; everything it changes goes through the same command as in the chats, which checks, writes the audit
and answers with a sentence.
"""

from __future__ import annotations

import re

from aiohttp import web

from adapters.pages.common import STARTING, Common, body_of, shown, told
from bot import reports
from bot.cards import Card, Tone
from bot.errors import BadInput, NotFound
from bot.links import Grant, Page
from bot.models import Act, Command, OpenOutcome, Policy, Span, now_ms
from bot.models import Grant as PolicyGrant
from bot.policies import SETTINGS, Setting, setting, times
from bot.ports import By
from bot.studio.admin import WAS
from bot.studio.budgets import budgets_used
from bot.studio.usage import usage_report

ACTS = 60  # lines of the audit at a time
DAY_MS = 86_400_000
MOST_DAYS = 366
SEEN_DAYS = 90  # who was active in these is offered by name
LONGEST_WORDS = 1_000
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_WORDS = re.compile(r"(?:grant|ban|unban|resolve)\s.+")
_SPANS = {Span.HOUR: "this hour", Span.DAY: "today", Span.MONTH: "this month"}
NOT_AN_ADMIN = "This page is for admins. Ask for a link with /imagine-admin page."

View = dict[str, object]


class AdminPage:
    """Handlers of /p/admin/."""

    def __init__(self, common: Common) -> None:
        self._common = common

    def routes(self) -> list[web.RouteDef]:
        """What is answered here."""
        here = f"/p/{Page.ADMIN}/{{token}}"
        return [
            web.get(here, shown(self.page)),
            web.get(f"{here}/about", told(self.about)),
            web.get(f"{here}/settings", told(self.settings)),
            web.post(f"{here}/set", told(self.set)),
            web.post(f"{here}/do", told(self.do)),
            web.get(f"{here}/usage", told(self.usage)),
            web.get(f"{here}/usage.csv", shown(self.usage_csv)),
            web.get(f"{here}/money", told(self.money)),
            web.get(f"{here}/people", told(self.people)),
            web.get(f"{here}/audit", told(self.audit)),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The page, if the link is good."""
        self._grant(request)
        return self._common.page_file("admin.html")

    async def about(self, request: web.Request) -> web.StreamResponse:
        """Which workspace this is."""
        place = self._grant(request).place
        return web.json_response({"platform": place.platform, "workspace": place.workspace})

    # ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def settings(self, request: web.Request) -> web.StreamResponse:
        """Every setting with its value, in the order of the table."""
        policy = await self._policy(self._grant(request))
        return web.json_response({"settings": [_setting_view(one, policy) for one in SETTINGS.values()]})

    async def set(self, request: web.Request) -> web.StreamResponse:
        """Change one setting: {"id": …, "name": …, "value": …, "was": …}.

        Answers with the value as it is kept, and what to do next.
        `was` is what the page showed: it is not changed if somebody else did in the meantime.
        """
        grant = self._grant(request)
        body = await body_of(request)
        one, value = setting(_text(body, "name")), _text(body, "value").strip()
        if not value:
            raise BadInput(f"This cannot be empty. Write for example: {one.show(Policy())}.")
        flags = {one.name: value} | ({f"{WAS}{one.name}": _text(body, "was")} if "was" in body else {})
        try:
            card = await self._command(grant, body, "set", flags)
        except BadInput as error:
            raise BadInput(_in_words(one, str(error))) from error
        kept = one.show(await self._policy(grant))
        return web.json_response({"value": kept, "next": _in_words(one, card.footer) if card else ""})

    async def do(self, request: web.Request) -> web.StreamResponse:
        """Grant, ban, unban or resolve: {"id": …, "words": "ban user:U1 7 days: spam", "until": "7 days"}.

        `until` is checked by itself: what is no time would be taken for the beginning of a reason.
        """
        grant = self._grant(request)
        body = await body_of(request)
        words = " ".join(_text(body, "words").split())
        if not _WORDS.fullmatch(words) or len(words) > LONGEST_WORDS:
            raise BadInput("Say whom or what, in fewer words.")
        if until := _text(body, "until"):
            times.moment(until, now_ms(), (await self._policy(grant)).zone)
        card = await self._command(grant, body, words)
        return web.json_response({"said": card.title if card else "That was done already."})

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def usage(self, request: web.Request) -> web.StreamResponse:
        """Who or what used how much: ?by=person|role|channel|model|gateway|day&days=30. Money in micro-dollars."""
        report = await self._report(request)
        rows = [_row_view(row) for row in report.rows]
        return web.json_response({"by": report.by, "rows": rows, "total": _row_view(report.total)})

    async def usage_csv(self, request: web.Request) -> web.StreamResponse:
        """The same as a spreadsheet takes it."""
        report = await self._report(request)
        headers = {"Content-Disposition": f'attachment; filename="retouch-usage-by-{report.by}.csv"'}
        return web.Response(text=reports.usage_csv(report), content_type="text/csv", headers=headers)

    async def money(self, request: web.Request) -> web.StreamResponse:
        """Budgets and what is used of them, what was granted to them, and requests that perhaps were billed."""
        grant = self._grant(request)
        unknown = await self._common.store.unknowns(grant.place.workspace)
        policy, now = await self._policy(grant), now_ms()
        return web.json_response(
            {
                "budgets": await self._budgets(grant),
                "grants": [_grant_view(one) for one in policy.grants if one.until > now and not one.who],
                "unknown": [_open_view(one) for one in unknown],
            }
        )

    async def people(self, request: web.Request) -> web.StreamResponse:
        """Bans and people's grants that have not ended, and who was active of late, by their ids."""
        grant = self._grant(request)
        policy, now = await self._policy(grant), now_ms()
        bans = [one for one in policy.bans if one.until is None or one.until > now]
        grants = [one for one in policy.grants if one.until > now and one.who]
        active = await self._common.store.tallies(
            By.PERSON, since=now - SEEN_DAYS * DAY_MS, until=now + 1, workspace=grant.place.workspace
        )
        seen = {f"user:{one.key.partition(':')[2]}": one.name for one in active if ":" in one.key}
        return web.json_response(
            {
                "bans": [{"who": one.who, "until": one.until, "reason": one.reason, "by": one.by} for one in bans],
                "grants": [_grant_view(one) for one in grants],
                "seen": seen,
            }
        )

    async def audit(self, request: web.Request) -> web.StreamResponse:
        """A page of the audit, newest first. `next` is what to ask for as `before`, 0 at the end."""
        grant = self._grant(request)
        before = _number(request, "before", 0, most=10**15)
        acts = await self._common.store.acts(
            workspace=grant.place.workspace, before=before, limit=ACTS + 1, newest_first=True
        )
        following = acts[ACTS - 1].id if len(acts) > ACTS else 0
        return web.json_response({"acts": [_act_view(one) for one in acts[:ACTS]], "next": following})

    # ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _grant(self, request: web.Request) -> Grant:
        grant = self._common.grant(Page.ADMIN, request)
        if not grant.user.is_admin:
            raise NotFound(NOT_AN_ADMIN)
        return grant

    async def _policy(self, grant: Grant) -> Policy:
        return await self._common.store.policy(grant.place.workspace)

    async def _command(self, grant: Grant, body: View, words: str, flags: dict[str, str] | None = None) -> Card | None:
        """Run an admin's command; what it answered. None: it was done before, under the same id.

        Raises `BadInput` with why it was not done.
        """
        if self._common.doors is None:
            raise BadInput(STARTING)
        event = _text(body, "id")
        if not _ID.fullmatch(event):
            raise BadInput("This request has no proper id. Reload the page.")
        command = Command(f"page:{event}", grant.place, grant.user, words, name="admin", flags=flags or {})
        card = await self._common.doors.ask(command)
        if card and card.tone is not Tone.DONE:
            raise BadInput(card.title)
        return card

    async def _report(self, request: web.Request) -> reports.Report:
        grant = self._grant(request)
        by, days = _by(request), _number(request, "days", 30, most=MOST_DAYS)
        return await usage_report(
            self._common.store, by, days=max(1, days), now=now_ms(), workspace=grant.place.workspace
        )

    async def _budgets(self, grant: Grant) -> list[View]:
        workspace = grant.place.workspace
        found = await budgets_used(self._common.store, workspace, await self._policy(grant), now_ms())
        return [
            {"name": f"{one.where or 'Workspace'} · {_SPANS[one.span]}", "where": one.where, "amount": one.amount,
             "used": used}
            for one, used in found
        ]  # fmt: skip


# ── views ────────────────────────────────────────────────────────────────────────────────────────────────────────


# Where the name alone says too little to who reads it for the first time.
_LABELS = {
    "images-per-day": "Images per person and day",
    "limits": "Other limits for people, roles, channels",
    "in-flight": "Requests of one person at a time",
    "budgets": "Budgets for everybody together",
    "tiers": "What may be asked for",
    "zone": "Time zone",
    "moderation": "The image service's own moderation",
    "low-needs-adults": "Level “low” only in age-restricted channels",
    "blocked-terms": "Blocked words",
    "watched-terms": "Watched words",
    "precheck": "Check words and pictures first",
    "thresholds": "From which score on the check refuses",
    "review": "Review before pictures are seen",
    "admin-channel": "Channel for admins",
    "guests": "People of other organisations",
    "denied": "People and roles denied",
    "channels": "What is different in a channel",
    "thread-mode": "Which replies in a thread are edits",
    "previews": "Previews while drawing",
    "offer-same": "Offer the picture made before",
    "private": "Show pictures to their askers first",
    "spoiler": "Hide pictures until clicked",
    "disclosure": "Words on AI",
    "disclosure-required": "Words on AI are required",
    "adds-references": "Who saves named references",
    "deletes-references": "Who deletes named references",
    "keep-pictures-days": "Days that pictures are kept",
    "keep-prompts-days": "Days that prompts are kept",
    "keep-attachments-days": "Days that people's files are kept",
}


def _setting_view(setting: Setting, policy: Policy) -> View:
    return {
        "name": setting.name,
        "label": _label(setting),
        "group": setting.group,
        "about": setting.about,
        "kind": setting.kind,
        "choices": list(setting.choices),
        "empty": setting.empty,
        "value": setting.show(policy),
        "usual": setting.show(Policy()),
    }


def _label(setting: Setting) -> str:
    return _LABELS.get(setting.name, setting.name.replace("-", " ").capitalize())


def _in_words(setting: Setting, sentence: str) -> str:
    """What a command line would read, for this page: the settings as they are called here, and no markup."""
    called = re.sub(rf"^{setting.name}\b", f"“{_label(setting)}”", sentence)
    for one in (one for one in SETTINGS.values() if "-" in one.name):
        called = re.sub(rf"(?<![\w-]){one.name}(?![\w-])", f"“{_label(one)}”", called)
    return re.sub(r"`([^`]*)`", r"“\1”", called)


def _row_view(row: reports.Row) -> View:
    return {
        "key": row.key,
        "name": row.name,
        "images": row.images,
        "cost": row.cost,
        "unknown": row.unknown_cost,
        "refused": row.refused,
    }


def _grant_view(one: PolicyGrant) -> View:
    return {"who": one.who, "where": one.where, "measure": one.measure, "amount": one.amount, "until": one.until}


def _open_view(one: OpenOutcome) -> View:
    return {"job": one.job, "who": one.person, "name": one.name, "model": one.model, "at": one.at, "cost": one.cost}


def _act_view(act: Act) -> View:
    return {
        "at": act.at,
        "who": act.who,
        "who_name": act.who_name,
        "what": act.what,
        "target": act.target,
        "before": act.before,
        "after": act.after,
        "channel": act.channel,
        "words": act.words,
        "had_words": bool(act.digest),
    }


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _by(request: web.Request) -> By:
    try:
        return By(request.query.get("by", By.DAY))
    except ValueError as error:
        raise BadInput(f"Reports are by one of: {', '.join(By)}.") from error


def _number(request: web.Request, name: str, otherwise: int, *, most: int) -> int:
    text = request.query.get(name, "")
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= most):
        raise BadInput(f"“{name}” is a whole number of at most {most}.")
    return int(text)


def _text(body: View, key: str) -> str:
    value = body.get(key, "")
    if not isinstance(value, str):
        raise BadInput(f"“{key}” is not text.")
    return value.replace("\x00", "").encode("utf-8", "replace").decode()
