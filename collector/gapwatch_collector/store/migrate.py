"""Bringing a database's schema up to date, in one transaction, before anything else touches it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import exc

from gapwatch_collector.errors import ConfigError, StoreBusyError
from gapwatch_collector.store.database import Database

log = logging.getLogger(__name__)

SCRIPTS: Final = "gapwatch_collector.store:migrations"
_TRIES: Final = 12
"""Roles that start together wait for the one that migrates: this many times the store's busy timeout."""


def migrate(database: Database, path: Path) -> None:
    """Apply every migration the database lacks, all or none.

    Raises ConfigError naming ``path`` when a newer version of this program wrote the database, or it holds something
    else, or it cannot be written.
    """
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    head = scripts.get_current_head()
    try:
        with database.read() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current == head:
            return
        _require_known(current, known, path)
        _upgrade(database, config)
    except StoreBusyError as error:
        raise ConfigError(str(path), [str(error)]) from error
    except exc.OperationalError as error:  # a table of ours exists although no revision says so
        complaint = f"this is not a database of this program ({error.orig}); name another file"
        raise ConfigError(str(path), [complaint]) from error
    log.info("the store's schema was brought up to date", extra={"from": current, "to": head})


def _upgrade(database: Database, config: Config) -> None:
    for attempt in range(1, _TRIES + 1):
        try:
            with database.write() as connection:
                # Another process may have migrated while this one waited for the lock; Alembic reads it anew.
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except StoreBusyError:
            if attempt == _TRIES:
                raise
        else:
            return


def _require_known(current: str | None, known: set[str], path: Path) -> None:
    if current is not None and current not in known:
        raise ConfigError(
            str(path),
            [
                (
                    f"its schema is revision {current!r}, newer than this program knows:"
                    " install that newer version again, or restore a backup made before the upgrade"
                )
            ],
        )
