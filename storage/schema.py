"""The tables, as recorded migrations. Applied steps are never edited, renamed or reordered."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from storage import counters, pictured
from storage.audit import AUDIT, AUDIT_WORDS
from storage.filling import fill_gallery
from storage.names import NAMES
from storage.reports import REPORTS

migrations = Migrations("retouch")


@migrations()
def m001_first_tables(db: Database) -> None:
    """Everything the main job needs. Documents (`doc`) are the nouns of bot/models.py as JSON."""
    for statement in _FIRST_TABLES:
        db.execute(statement)


@migrations()
def m002_equal_requests(db: Database) -> None:
    """Versions by the fingerprint of their request, so that a picture made before can be offered."""
    db.execute("ALTER TABLE version ADD COLUMN fingerprint TEXT NOT NULL DEFAULT ''")
    db.execute("CREATE INDEX version_fingerprint ON version (fingerprint) WHERE fingerprint != ''")


@migrations()
def m003_references_and_gallery(db: Database) -> None:
    """Trays, named references, stars, the gallery with the versions there are, and which message is the newest."""
    for statement in _REFERENCES_AND_GALLERY:
        db.execute(statement)
    fill_gallery(db.conn)


@migrations()
def m004_counters(db: Database) -> None:
    """Sums of the ledger for limits and budgets, and what a line needs to be checked against a bill."""
    for statement in _COUNTERS:
        db.execute(statement)
    counters.fill(db.conn)


@migrations()
def m005_audit(db: Database) -> None:
    """The audit: what admins and moderators did, and what was refused. Only appended to, in one chain.

    And the sums that usage reports are made of, with the roles a person had when they asked (ids, spaces between).
    """
    db.execute("ALTER TABLE ledger ADD COLUMN roles TEXT NOT NULL DEFAULT ''")
    for statement in (*AUDIT, *REPORTS):
        db.execute(statement)


@migrations()
def m006_reviews(db: Database) -> None:
    """What moderators decide, what is being removed, and which pictures are where."""
    for statement in _REVIEWS:
        db.execute(statement)
    pictured.fill(db.conn)


@migrations()
def m008_conduct(db: Database) -> None:
    """People who were refused, and how slow they are for it."""
    db.execute(
        "CREATE TABLE conduct (platform TEXT NOT NULL, workspace TEXT NOT NULL, user TEXT NOT NULL, doc TEXT NOT NULL, "
        "PRIMARY KEY (platform, workspace, user)) STRICT, WITHOUT ROWID"
    )


@migrations()
def m007_letting_go(db: Database) -> None:
    """Assets that a document named and names no more, until the next sweep has looked at them."""
    db.execute("CREATE TABLE freed (asset TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID")


@migrations()
def m009_audit_words(db: Database) -> None:
    """What people wrote, beside the audit's chain: the chain is for ever, words are not."""
    for statement in AUDIT_WORDS:
        db.execute(statement)


@migrations()
def m010_outdated_messages(db: Database) -> None:
    """Messages that still show what was let go of. And a name in the ledger may be deleted: nothing else of a line."""
    for statement in _OUTDATED:
        db.execute(statement)


@migrations()
def m011_open_reviews(db: Database) -> None:
    """Reviews that nobody decided, by when somebody last looked after them."""
    db.execute("CREATE INDEX review_open ON review (touched) WHERE ruling = 'open'")


@migrations()
def m012_doubtful(db: Database) -> None:
    """A kept version may have an open question, too: a picture of it got lost, and may be billed."""
    for statement in _DOUBTFUL:
        db.execute(statement)
    counters.give_back_unknown(db.conn)


@migrations()
def m013_names(db: Database) -> None:
    """What channels and roles are called, for reports."""
    db.execute(NAMES)


_FIRST_TABLES = (
    """
    CREATE TABLE event (
        platform TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (platform, id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE thread (
        id TEXT PRIMARY KEY, platform TEXT NOT NULL, workspace TEXT NOT NULL, channel TEXT NOT NULL,
        thread TEXT, head TEXT, created INTEGER NOT NULL, guest INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX thread_place ON thread (platform, workspace, channel, thread) WHERE thread IS NOT NULL
    """,
    """
    CREATE TABLE version (
        id TEXT PRIMARY KEY, thread TEXT NOT NULL REFERENCES thread (id), number INTEGER NOT NULL,
        job TEXT UNIQUE, doc TEXT NOT NULL,
        UNIQUE (thread, number)
    ) STRICT
    """,
    """
    CREATE TABLE shown (
        platform TEXT NOT NULL, workspace TEXT NOT NULL, channel TEXT NOT NULL, message TEXT NOT NULL,
        version TEXT NOT NULL REFERENCES version (id),
        PRIMARY KEY (platform, workspace, channel, message)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE asset (
        id TEXT PRIMARY KEY, media_type TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
        bytes INTEGER NOT NULL, derived_from TEXT, created INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE job (
        id TEXT PRIMARY KEY, platform TEXT NOT NULL, person TEXT NOT NULL, status TEXT NOT NULL,
        created INTEGER NOT NULL, touched INTEGER NOT NULL, placed INTEGER NOT NULL DEFAULT 0,
        started INTEGER NOT NULL DEFAULT 0, owner TEXT, lease_until INTEGER NOT NULL DEFAULT 0,
        sent INTEGER, doc TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE INDEX job_status ON job (status, created)
    """,
    """
    CREATE INDEX job_started ON job (person, started)
    """,
    """
    CREATE TABLE ledger (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, window_at INTEGER NOT NULL, entry TEXT NOT NULL,
        images INTEGER NOT NULL, cost INTEGER NOT NULL, estimated INTEGER NOT NULL,
        platform TEXT NOT NULL, workspace TEXT NOT NULL, channel TEXT NOT NULL, thread TEXT NOT NULL,
        person TEXT NOT NULL, person_name TEXT NOT NULL, job TEXT NOT NULL, version TEXT,
        provider TEXT NOT NULL, model TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE INDEX ledger_person ON ledger (workspace, person, window_at, images, cost)
    """,
    """
    CREATE INDEX ledger_job ON ledger (job)
    """,
    """
    CREATE INDEX ledger_window ON ledger (window_at)
    """,
    """
    CREATE TRIGGER ledger_is_never_edited BEFORE UPDATE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is only appended to');
    END
    """,
    """
    CREATE TRIGGER ledger_is_never_shortened BEFORE DELETE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is only appended to');
    END
    """,
    """
    CREATE TABLE policy (workspace TEXT PRIMARY KEY, doc TEXT NOT NULL) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE said (
        position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, channel TEXT NOT NULL, thread TEXT,
        at INTEGER NOT NULL, doc TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE INDEX said_place ON said (channel, thread, at, position)
    """,
)

_REFERENCES_AND_GALLERY = (
    """
    CREATE TABLE tray (version TEXT PRIMARY KEY REFERENCES version (id), doc TEXT NOT NULL) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE named (
        platform TEXT NOT NULL, workspace TEXT NOT NULL, name TEXT NOT NULL, doc TEXT NOT NULL,
        PRIMARY KEY (platform, workspace, name)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE wall (
        id INTEGER PRIMARY KEY, platform TEXT NOT NULL, workspace TEXT NOT NULL, name TEXT NOT NULL,
        UNIQUE (platform, workspace, name)
    ) STRICT
    """,
    """
    CREATE TABLE gallery (
        position INTEGER PRIMARY KEY, version TEXT NOT NULL UNIQUE REFERENCES version (id),
        channel INTEGER NOT NULL REFERENCES wall (id), person INTEGER NOT NULL REFERENCES wall (id),
        listed INTEGER NOT NULL, words TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE INDEX gallery_channel ON gallery (channel) WHERE listed = 1
    """,
    """
    CREATE INDEX gallery_person ON gallery (person) WHERE listed = 1
    """,
    # `ascii` parts words at ASCII punctuation and spaces only: the words come folded. No content: `gallery` has it.
    """
    CREATE VIRTUAL TABLE gallery_words USING fts5 (
        words, walls, content = '', columnsize = 0, prefix = '1 2 3', tokenize = 'ascii'
    )
    """,
    """
    CREATE TABLE star (
        person TEXT NOT NULL, position INTEGER NOT NULL REFERENCES gallery (position),
        PRIMARY KEY (person, position)
    ) STRICT, WITHOUT ROWID
    """,
    """
    ALTER TABLE shown ADD COLUMN turn INTEGER NOT NULL DEFAULT 0
    """,
    """
    CREATE INDEX shown_version ON shown (version, turn)
    """,
)

_COUNTERS = (
    """
    CREATE TABLE counter (
        workspace TEXT NOT NULL, person TEXT NOT NULL, channel TEXT NOT NULL, days INTEGER NOT NULL,
        bucket INTEGER NOT NULL, images INTEGER NOT NULL, cost INTEGER NOT NULL,
        PRIMARY KEY (workspace, person, channel, days, bucket)
    ) STRICT, WITHOUT ROWID
    """,
    """
    ALTER TABLE ledger ADD COLUMN gateway TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE ledger ADD COLUMN prices TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE ledger ADD COLUMN resolved_by TEXT NOT NULL DEFAULT ''
    """,
    """
    CREATE INDEX ledger_unknown ON ledger (workspace) WHERE entry = 'unknown'
    """,
    # Nothing settled them after all, and no admin said what they cost.
    """
    CREATE VIEW open_unknown AS SELECT * FROM ledger AS given_up WHERE entry = 'unknown' AND NOT EXISTS (
        SELECT 1 FROM ledger WHERE ledger.job = given_up.job AND ledger.entry IN ('settle', 'resolve')
    )
    """,
    """
    CREATE INDEX job_in_flight ON job (person) WHERE status IN ('queued', 'running')
    """,
)

_OUTDATED = (
    """
    CREATE TABLE outdated (
        platform TEXT NOT NULL, workspace TEXT NOT NULL, channel TEXT NOT NULL, message TEXT NOT NULL, thread TEXT,
        why TEXT NOT NULL, assets TEXT NOT NULL, since INTEGER NOT NULL, touched INTEGER NOT NULL,
        PRIMARY KEY (platform, workspace, channel, message)
    ) STRICT, WITHOUT ROWID
    """,
    """
    DROP TRIGGER ledger_is_never_edited
    """,
    """
    CREATE TRIGGER ledger_is_never_edited BEFORE UPDATE OF id, at, window_at, entry, images, cost, estimated, platform,
        workspace, channel, thread, person, job, version, provider, model, gateway, prices, resolved_by, roles ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is only appended to');
    END
    """,
    """
    CREATE TRIGGER ledger_names_only_go BEFORE UPDATE OF person_name ON ledger WHEN NEW.person_name != ''
        BEGIN SELECT RAISE(ABORT, 'the ledger is only appended to');
    END
    """,
)

_REVIEWS = (
    """
    CREATE TABLE review (
        kind TEXT NOT NULL, version TEXT NOT NULL REFERENCES version (id), ruling TEXT NOT NULL,
        settled INTEGER NOT NULL, touched INTEGER NOT NULL, doc TEXT NOT NULL,
        PRIMARY KEY (version, kind)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX review_unsettled ON review (touched) WHERE settled = 0
    """,
    """
    CREATE TABLE removal (
        version TEXT PRIMARY KEY REFERENCES version (id), done INTEGER NOT NULL, touched INTEGER NOT NULL,
        doc TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX removal_unfinished ON removal (touched) WHERE done = 0
    """,
    # Which versions have a picture, and as what: 'image' (it is shown), 'original' (behind a locked one), 'reference'.
    """
    CREATE TABLE pictured (
        asset TEXT NOT NULL, version TEXT NOT NULL REFERENCES version (id), role TEXT NOT NULL,
        PRIMARY KEY (asset, version, role)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE displayed (
        asset TEXT NOT NULL, platform TEXT NOT NULL, workspace TEXT NOT NULL, channel TEXT NOT NULL, thread TEXT,
        message TEXT NOT NULL,
        PRIMARY KEY (asset, platform, workspace, channel, message)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE made_of (
        origin TEXT NOT NULL, asset TEXT NOT NULL, PRIMARY KEY (origin, asset)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX asset_derived ON asset (derived_from) WHERE derived_from IS NOT NULL
    """,
)

_DOUBTFUL = (
    """
    DROP VIEW open_unknown
    """,
    # Nothing after it settled it, and no admin said what it cost.
    """
    CREATE VIEW open_unknown AS SELECT * FROM ledger AS given_up WHERE entry = 'unknown' AND NOT EXISTS (
        SELECT 1 FROM ledger WHERE ledger.job = given_up.job AND ledger.id > given_up.id
            AND ledger.entry IN ('settle', 'resolve')
    )
    """,
)
