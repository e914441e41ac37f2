"""What a worker would do if a version were ordered off: said in a file, and not done.

A drill writes an order into ``rehearsals/<line>/``. Each worker reads it as it reads a real one, takes the
version off the state it serves, looks who would answer then, and writes that into
``router/<line>/rehearsed/<host>-<pid>.json``. What it serves is not touched.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from slipway.data import json_file
from slipway.domain.release import Arm
from slipway.release.orders import REHEARSALS, OrderFolder, ReturnOrder
from slipway.serving.line_keeper import LineKeeper
from slipway.serving.line_signs import own_name
from slipway.serving.served import Served

REHEARSED = "rehearsed"


@dataclass(frozen=True, slots=True)
class WorkerRehearsal:
    """One worker's answer to one order of a drill, which is named by its ``reason``.

    ``off`` says that no arm would be answered by the version; ``leads`` is the version that would answer the
    champion's users, ``loaded`` whether it is in memory. ``ledger`` is what keeps this worker from reading the
    ledger, its second way; "" where nothing does.
    """

    worker: str
    reason: str
    epoch: int
    off: bool
    leads: str
    loaded: bool
    ledger: str

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self)

    @classmethod
    def read(cls, path: Path) -> Self:
        """What a worker wrote; raises OSError, ValueError and TypeError."""
        return cls(**json_file.read(path))


def folder_of(home: Path, line: str) -> Path:
    """Where the workers of a line answer."""
    return home / "router" / line / REHEARSED


class Rehearsal:
    """Answers the orders of a line's drills in one worker."""

    def __init__(self, home: Path, line: str) -> None:
        self._orders, self._line = OrderFolder(home, REHEARSALS), line
        self._path = folder_of(home, line) / f"{own_name()}.json"
        self._stamp: object = None

    def acknowledge(self, keeper: LineKeeper) -> None:
        """Answer an order that was not seen before; raises OSError where that cannot be written."""
        stamp = self._orders.stamp(self._line)
        if stamp == self._stamp:
            return
        orders, _ = self._orders.read(self._line)
        for order in orders:
            if keeper.server.served is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                json_file.write(self._path, self._answer(keeper, order).to_dict())
        if not orders:
            self._path.unlink(missing_ok=True)
        self._stamp = stamp

    def _answer(self, keeper: LineKeeper, order: ReturnOrder) -> WorkerRehearsal:
        known = keeper.known
        release = known.release
        if order.outranks(release.epoch):
            release = release.without({order.version})
        after = keeper.loader.rehearse(replace(known, release=release))
        leads = after.chains[Arm.CHAMPION][0]
        _, troubles = keeper.orders.off(release.epoch)
        return WorkerRehearsal(
            own_name(),
            order.reason,
            release.epoch,
            not _answers(after, order.version),
            leads.version,
            leads.ranker is not None,
            troubles.get("ledger", ""),
        )


def _answers(served: Served, version: str) -> bool:
    """Whether any arm, or the shadow, would still ask the version."""
    asked = [model.version for chain in served.chains.values() for model in chain]
    return version in asked or (served.shadow is not None and served.shadow.version == version)
