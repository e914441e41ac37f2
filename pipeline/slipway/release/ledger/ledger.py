"""The append-only ledger of transitions: the truth about every release.

One row per (line, epoch), written by compare-and-set, never changed: triggers refuse to change or
remove one in the database itself, and each row's digest covers the one before. SQLite embedded,
PostgreSQL in a cluster.
"""

from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa

from slipway.domain.errors import LedgerConflict, LedgerNewer
from slipway.domain.release import LineState, Transition, fold
from slipway.release.ledger.database import REVISIONS, LedgerDatabase, lost_race
from slipway.release.ledger.reading import read_all
from slipway.release.ledger.repair import RepairProposal, digest_of
from slipway.release.ledger.rows import LedgerRow, RepairRecord, takes_away
from slipway.release.ledger.tables import (
    REPAIRS,
    TRANSITIONS,
    drop_guards,
    make_guards,
    missing_guards,
)


class Ledger:
    """All transitions of all lines at a database ``url`` (SQLAlchemy).

    The tables are made, or brought up from an older version, where they have to be; any number of
    processes may do so at once. Connections are not kept, so a ledger survives a fork. Methods raise
    LedgerUnavailable where the database does not answer.
    """

    def __init__(self, url: str) -> None:
        self.database = LedgerDatabase(url)
        self.revision = self.database.revision()
        if self.revision is None or self.revision in REVISIONS[:-1]:
            self.database.migrate()
            self.revision = REVISIONS[-1]

    @property
    def is_newer(self) -> bool:
        """Whether a newer Slipway made the tables."""
        return self.revision not in REVISIONS

    def append(self, transition: Transition) -> None:
        """Write the next transition of its line.

        Raises LedgerConflict unless its epoch is the line's last epoch + 1: another writer was
        first, or the decision was made on an old state. Raises LedgerNewer where a newer Slipway
        made the tables, but for a step that only takes away: that is tried.
        """
        if self.is_newer and not takes_away(transition):
            raise _newer(self.revision)
        row = LedgerRow.of(transition)
        try:
            with self.database.writing() as connection:
                last = connection.execute(
                    sa.select(TRANSITIONS.c.epoch, TRANSITIONS.c.digest)
                    .where(TRANSITIONS.c.line == row.line)
                    .order_by(TRANSITIONS.c.epoch.desc())
                    .limit(1)
                ).first()
                epoch, digest = last or (0, None)
                if row.epoch == epoch + 1:
                    connection.execute(sa.insert(TRANSITIONS).values(**row.after(digest).to_dict()))
                    return
        except sa.exc.DBAPIError as error:
            if not self._lost(row, error):
                raise
            epoch = self.last_epoch(row.line)
        raise LedgerConflict(
            f"{row.line}.epoch",
            found=row.epoch,
            expected=f"{epoch} + 1",
            next_step="another step was taken meanwhile; look again",
        )

    def _lost(self, row: LedgerRow, error: sa.exc.DBAPIError) -> bool:
        """Whether another writer was faster; raises LedgerNewer where the tables want more."""
        if lost_race(error):
            return True
        if not isinstance(error, sa.exc.IntegrityError):
            return False
        if self.last_epoch(row.line) >= row.epoch:
            return True
        if self.is_newer:
            raise _newer(self.revision) from error
        return False

    def last_epoch(self, line: str) -> int:
        """The last epoch of ``line``; 0 where nothing was written."""
        query = sa.select(sa.func.coalesce(sa.func.max(TRANSITIONS.c.epoch), 0))
        with self.database.reading() as connection:
            found: int = connection.execute(query.where(TRANSITIONS.c.line == line)).scalar_one()
        return found

    def rows(self, line: str) -> tuple[LedgerRow, ...]:
        """All rows of ``line`` as they stand, in the order of their epochs."""
        with self.database.reading() as connection:
            return _rows(connection, line)

    def repairs(self, line: str) -> tuple[RepairRecord, ...]:
        """What persons decided about the damaged ledger of ``line``, oldest first."""
        with self.database.reading() as connection:
            return _records(connection, line)

    def repair(self, proposal: RepairProposal, *, at: datetime, actor: str, reason: str) -> None:
        """Let a line's rows stand as proposed, all or nothing; what they replace is in the record.

        Raises LedgerConflict where something else stands there than the proposal was made for.
        """
        line = proposal.line
        record = proposal.record(len(proposal.records) + 1, at=at, actor=actor, reason=reason)
        with self.database.writing() as connection:
            if self.database.is_postgres:
                connection.exec_driver_sql(f"LOCK TABLE {TRANSITIONS.name} IN EXCLUSIVE MODE")
            rows, records = _rows(connection, line), _records(connection, line)
            if digest_of(rows, records) != proposal.found:
                raise LedgerConflict(
                    f"ledger of {line}",
                    found="other rows",
                    expected="those that the proposal was made for",
                    next_step=f"propose again: slipway ledger repair {line}",
                )
            drop_guards(connection)
            for table, each in (
                (TRANSITIONS, proposal.rows),
                (REPAIRS, (*proposal.records, record)),
            ):
                connection.execute(sa.delete(table).where(table.c.line == line))
                if each:
                    connection.execute(sa.insert(table), [one.to_dict() for one in each])
            make_guards(connection)

    def missing_guards(self) -> tuple[str, ...]:
        """Triggers that should refuse changes in the database and are not there."""
        with self.database.reading() as connection:
            return missing_guards(connection)

    def transitions(self, line: str) -> tuple[Transition, ...]:
        """All transitions of ``line`` in the order of their epochs.

        A row that cannot be understood is read as far as it can be: it never hides the others.
        """
        return tuple(reading.transition for reading in read_all(self.rows(line)))

    def state(self, line: str) -> LineState:
        """What ``line`` serves now."""
        return fold(line, self.transitions(line))


def _rows(connection: sa.Connection, line: str) -> tuple[LedgerRow, ...]:
    named = [TRANSITIONS.c[item.name] for item in fields(LedgerRow)]
    query = sa.select(*named).where(TRANSITIONS.c.line == line).order_by(TRANSITIONS.c.epoch)
    return tuple(LedgerRow(*values) for values in connection.execute(query).all())


def _records(connection: sa.Connection, line: str) -> tuple[RepairRecord, ...]:
    named = [REPAIRS.c[item.name] for item in fields(RepairRecord)]
    query = sa.select(*named).where(REPAIRS.c.line == line).order_by(REPAIRS.c.number)
    return tuple(RepairRecord(*values) for values in connection.execute(query).all())


def _newer(revision: str | None) -> LedgerNewer:
    return LedgerNewer(
        "version of the ledger's tables",
        found=revision,
        expected=f"at most {REVISIONS[-1]}",
        next_step="update Slipway here, or take the tables back with the newer one: "
        "slipway ledger migrate --down",
    )
