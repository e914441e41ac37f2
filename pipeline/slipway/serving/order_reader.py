"""What was ordered off, read from the stack's folder and from the ledger itself.

Neither way needs the other, or the registry. The ledger is read by the database's own driver: a router
has no ORM. It is asked for one thing alone: which versions' newest row took them off.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from slipway.domain.stage import Stage
from slipway.release.orders import OrderFolder

PATIENCE_S = 2
"""Wall seconds that a read of the ledger may wait: the next one comes in a second."""

_TAKES_AWAY = frozenset((Stage.REJECTED, Stage.RETURNED, Stage.TIMED_OUT, Stage.SUPERSEDED))
_ROWS = (
    "SELECT epoch, version, to_stage, share FROM slipway_transitions WHERE line = {} ORDER BY epoch"
)
_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class LedgerReturns:
    """What the ledger says: its newest ``epoch``, and version → epoch of what its newest row took off."""

    epoch: int = 0
    off: Mapping[str, int] = field(default_factory=lambda: _NONE)

    @classmethod
    def of(cls, rows: Iterable[tuple[int, str, str, float]]) -> "LedgerReturns":
        """From rows (epoch, version, stage after it, share after it) in the order of epochs."""
        epoch, off = 0, dict[str, int]()
        for epoch, version, stage, share in rows:
            # a stage of a newer Slipway whose share is nothing ends a release, too
            if stage in _TAKES_AWAY or (stage not in set(Stage) and not share):
                off[str(version)] = int(epoch)
            else:
                off.pop(str(version), None)
        return cls(int(epoch), off)

    def outranking(self, epoch: int) -> set[str]:
        """The versions to take off a state of that epoch.

        A ledger that ends before the state was restored from an older copy, or the state was: then
        whatever it took off last is off.
        """
        split = self.epoch < epoch
        return {version for version, at in self.off.items() if at > epoch or split}


class OrderReader:
    """Reads the orders of one line."""

    def __init__(self, home: Path, line: str, ledger_url: str) -> None:
        self._folder, self._line, self._url = OrderFolder(home), line, ledger_url
        self.ledger, self._trouble = LedgerReturns(), ""

    def read_ledger(self) -> None:
        """Look into the ledger; what it said last stays where it cannot be read."""
        try:
            self.ledger, self._trouble = LedgerReturns.of(_rows(self._url, self._line)), ""
        except Exception as error:  # noqa: BLE001 - drivers have their own errors; the folder is read
            self._trouble = " ".join(str(error).split()) or type(error).__name__

    def stamp(self) -> object:
        """Changes whenever an order does."""
        return self._folder.stamp(self._line), self.ledger, self._trouble

    def off(self, epoch: int) -> tuple[set[str], dict[str, str]]:
        """The versions to take off a state of that epoch, and what could not be read, with the reason."""
        orders, problems = self._folder.read(self._line)
        if self._trouble:
            problems["ledger"] = self._trouble
        ordered = {order.version for order in orders if order.outranks(epoch)}
        return ordered | self.ledger.outranking(epoch), problems


def _rows(url: str, line: str) -> list[tuple[int, str, str, float]]:
    kind, _, address = url.partition("://")
    if kind.split("+")[0] == "sqlite":
        return _sqlite(Path(unquote(urlsplit(f"//{address}").path.removeprefix("/"))), line)
    return _postgres(f"postgresql://{address}", line)


def _sqlite(path: Path, line: str) -> list[tuple[int, str, str, float]]:
    if not path.exists():  # nothing was offered yet, or the ledger is elsewhere
        return []
    address = f"file:{quote(str(path))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE_S)) as connection:
        return connection.execute(_ROWS.format("?"), (line,)).fetchall()


def _postgres(address: str, line: str) -> list[tuple[int, str, str, float]]:
    import psycopg  # noqa: PLC0415 - only where the ledger is on PostgreSQL

    with psycopg.connect(address, connect_timeout=PATIENCE_S, autocommit=True) as connection:
        connection.execute(f"SET statement_timeout = {1000 * PATIENCE_S}")
        return connection.execute(_ROWS.format("%s"), (line,)).fetchall()
