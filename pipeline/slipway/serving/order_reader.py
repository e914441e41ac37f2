"""What was ordered off, read from the stack's folder and from the ledger itself.

Neither way needs the other, or the registry. The ledger is read by the database's own driver: a router
has no ORM. It is asked for one thing alone: which versions' newest row took them off.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from slipway.domain.stage import FINAL_STAGES, Stage
from slipway.release.orders import OrderFolder

PATIENCE_S = 2
"""Wall seconds that a read of the ledger may wait: the next one comes in a second."""

_TAKES_AWAY = FINAL_STAGES - {Stage.CHAMPION}
_ROWS = "SELECT version, to_stage, share FROM slipway_transitions WHERE line = {} ORDER BY epoch"


def taken_off(rows: Iterable[tuple[str, str, float]]) -> frozenset[str]:
    """The versions whose newest row took them off, from rows (version, stage, share) in their order.

    Whatever a state says, and whichever of the two was restored from an older copy, nobody is
    answered by one: who is offered again has a newer row.
    """
    off: dict[str, bool] = {}
    for version, stage, share in rows:
        # a stage of a newer Slipway whose share is nothing ends a release, too
        off[str(version)] = stage in _TAKES_AWAY or (stage not in set(Stage) and not share)
    return frozenset(version for version, gone in off.items() if gone)


class OrderReader:
    """Reads the orders of one line."""

    def __init__(self, home: Path, line: str, ledger_url: str) -> None:
        self._folder, self._line, self._url = OrderFolder(home), line, ledger_url
        self._returned, self._trouble = frozenset[str](), ""

    def read_ledger(self) -> None:
        """Look into the ledger; what it said last stays where it cannot be read."""
        try:
            self._returned, self._trouble = taken_off(_rows(self._url, self._line)), ""
        except Exception as error:  # noqa: BLE001 - drivers have their own errors; the folder is read
            self._trouble = " ".join(str(error).split()) or type(error).__name__

    def stamp(self) -> object:
        """Changes whenever an order does."""
        return self._folder.stamp(self._line), self._returned, self._trouble

    def off(self, epoch: int) -> tuple[set[str], dict[str, str]]:
        """The versions to take off a state of that epoch, and what could not be read, with the reason."""
        orders, problems = self._folder.read(self._line)
        if self._trouble:
            problems["ledger"] = self._trouble
        ordered = {order.version for order in orders if order.outranks(epoch)}
        return ordered | self._returned, problems


def _rows(url: str, line: str) -> list[tuple[str, str, float]]:
    kind, _, address = url.partition("://")
    if kind.split("+")[0] == "sqlite":
        return _sqlite(Path(unquote(urlsplit(f"//{address}").path.removeprefix("/"))), line)
    return _postgres(f"postgresql://{address}", line)


def _sqlite(path: Path, line: str) -> list[tuple[str, str, float]]:
    if not path.exists():  # nothing was offered yet, or the ledger is elsewhere
        return []
    address = f"file:{quote(str(path))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE_S)) as connection:
        return connection.execute(_ROWS.format("?"), (line,)).fetchall()


def _postgres(address: str, line: str) -> list[tuple[str, str, float]]:
    import psycopg  # only where the ledger is on PostgreSQL

    with psycopg.connect(address, connect_timeout=PATIENCE_S, autocommit=True) as connection:
        connection.execute(f"SET statement_timeout = {1000 * PATIENCE_S}")
        return connection.execute(_ROWS.format("%s"), (line,)).fetchall()
