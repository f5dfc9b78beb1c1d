"""The tables of the ledger. A change is one more entry of MIGRATIONS; entries that were released never change."""

from __future__ import annotations


def _tallied(table: str, states: str) -> tuple[str, ...]:
    """Keeps the number of rows of a table in each of its states."""
    begun = f"INSERT INTO tally SELECT '{table}', ?, count(*) FROM {table} WHERE state = ?"  # noqa: S608  our own names
    change = f"UPDATE tally SET n = n %s 1 WHERE kind = '{table}' AND state = %s.state;"  # noqa: S608  names of our own tables
    added, gone = change % ("+", "new"), change % ("-", "old")
    return (
        *(begun.replace("?", f"'{state}'") for state in states.split()),
        f"CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN {added} END",
        f"CREATE TRIGGER {table}_moved AFTER UPDATE OF state ON {table} BEGIN {gone} {added} END",
        f"CREATE TRIGGER {table}_removed AFTER DELETE ON {table} BEGIN {gone} END",
    )


MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta(k TEXT PRIMARY KEY, v TEXT NOT NULL) STRICT",
        """CREATE TABLE run(
             run_id INTEGER PRIMARY KEY, brief TEXT NOT NULL, occurrence TEXT NOT NULL,
             kind TEXT NOT NULL CHECK(kind IN('scheduled','adhoc')), local_label TEXT NOT NULL,
             state TEXT NOT NULL CHECK(state IN('due','fetching','fetched','rendered','delivering','done','refused',
               'failed','missed','cancelled')),
             revision INTEGER NOT NULL DEFAULT 0, revision_reason TEXT,
             attempt INTEGER NOT NULL DEFAULT 0, next_try_utc TEXT, deadline_utc TEXT NOT NULL,
             config_sha TEXT, template_sha TEXT, data_sha TEXT, quality TEXT CHECK(quality IN('ok','degraded')),
             lease_owner TEXT, lease_until_utc TEXT, reason TEXT, created_utc TEXT NOT NULL, updated_utc TEXT NOT NULL,
             UNIQUE(brief, occurrence)) STRICT""",
        """CREATE TABLE artifact(
             run_id INTEGER NOT NULL REFERENCES run, revision INTEGER NOT NULL, name TEXT NOT NULL,
             spool_path TEXT NOT NULL, media_type TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
             PRIMARY KEY(run_id, revision, name)) STRICT""",
        """CREATE TABLE delivery(
             delivery_id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run, revision INTEGER NOT NULL,
             recipient TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE, eml_path TEXT NOT NULL, eml_sha256 TEXT NOT NULL,
             state TEXT NOT NULL CHECK(state IN('queued','sending','dot','accepted','bounced','expired','uncertain',
               'cancelled')),
             attempts INTEGER NOT NULL DEFAULT 0, next_try_utc TEXT NOT NULL, give_up_utc TEXT NOT NULL,
             smtp_code INTEGER, smtp_text TEXT, relay TEXT, relay_queue_id TEXT, accepted_utc TEXT,
             UNIQUE(run_id, revision, recipient)) STRICT""",
        """CREATE TABLE publication(
             run_id INTEGER NOT NULL REFERENCES run, revision INTEGER NOT NULL, target TEXT NOT NULL,
             path TEXT NOT NULL,
             state TEXT NOT NULL CHECK(state IN('queued','writing','verified','conflict','failed')),
             attempts INTEGER NOT NULL DEFAULT 0, next_try_utc TEXT NOT NULL, sha256 TEXT NOT NULL,
             PRIMARY KEY(run_id, revision, target)) STRICT""",
        """CREATE TABLE event(
             id INTEGER PRIMARY KEY, at_utc TEXT NOT NULL, run_id INTEGER, delivery_id INTEGER, what TEXT NOT NULL,
             detail TEXT) STRICT""",
        """CREATE TABLE alert(
             key TEXT PRIMARY KEY, first_utc TEXT NOT NULL, last_utc TEXT NOT NULL, count INTEGER NOT NULL,
             sent_utc TEXT, cleared_utc TEXT) STRICT""",
        "CREATE INDEX run_by_state ON run(state)",
        "CREATE INDEX delivery_by_state ON delivery(state)",
        "CREATE INDEX publication_by_state ON publication(state)",
        "CREATE INDEX event_by_run ON event(run_id)",
    ),
    (
        "ALTER TABLE alert ADD COLUMN text TEXT",
        "ALTER TABLE alert ADD COLUMN told INTEGER NOT NULL DEFAULT 0",
    ),
    (  # what is asked at every look stays cheap however much is in the tables: see `lookups`
        """CREATE TABLE tally(
             kind TEXT NOT NULL, state TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(kind, state)) STRICT""",
        *_tallied("run", "due fetching fetched rendered delivering done refused failed missed cancelled"),
        *_tallied("delivery", "queued sending dot accepted bounced expired uncertain cancelled"),
        *_tallied("publication", "queued writing verified conflict failed"),
        "DROP INDEX run_by_state",
        "CREATE INDEX run_by_state ON run(state, next_try_utc)",
        "CREATE INDEX run_by_update ON run(updated_utc)",
        "CREATE INDEX run_by_schedule ON run(brief, occurrence) WHERE kind = 'scheduled'",
        "CREATE INDEX delivery_by_reader ON delivery(run_id, recipient COLLATE NOCASE)",
        "CREATE INDEX event_by_delivery ON event(delivery_id) WHERE delivery_id IS NOT NULL",
    ),
    ("CREATE INDEX delivery_by_recipient ON delivery(recipient COLLATE NOCASE)",),  # see `suspension`
    (  # see `lookups.ended`
        """CREATE INDEX event_of_end ON event(id) WHERE what GLOB 'delivery: * -> bounced'
             OR what GLOB 'delivery: * -> expired' OR what GLOB 'publication *: * -> conflict'
             OR what GLOB 'publication *: * -> failed'""",
    ),
    (  # nobody wrote them: an edition tells in its settings.json what it was made with, and locks tell who is at work
        "ALTER TABLE run DROP COLUMN config_sha",
        "ALTER TABLE run DROP COLUMN template_sha",
        "ALTER TABLE run DROP COLUMN lease_owner",
        "ALTER TABLE run DROP COLUMN lease_until_utc",
    ),
)
