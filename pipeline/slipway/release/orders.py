"""Orders that take a version off: a second way to the router, beside the registry's state.

``orders/<line>/<version>.json`` in the stack's own folder is written before anything else is told, so
that a return needs neither ledger nor registry. An order outranks every state of an earlier epoch, and
every state at all while the ledger does not hold it. It can only take away.
"""

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from slipway.domain.errors import BadInput

FOLDER = "orders"
REHEARSALS = "rehearsals"
"""The folder of orders that nobody obeys: the router says what it would do, and goes on as it was."""


@dataclass(frozen=True, slots=True)
class ReturnOrder:
    """One version that nobody may be answered by; raises BadInput for one that cannot be.

    ``epoch`` is that of the first state that need not be told it any more. ``recorded`` says whether
    the ledger holds the return; ``champion`` whether it was the champion that a person meant.
    """

    line: str
    version: str
    epoch: int
    at: datetime
    actor: str
    reason: str
    recorded: bool = False
    champion: bool = False

    def __post_init__(self) -> None:
        right = (
            _is(self.version, str) and self.version.isascii() and self.version.isdigit(),
            _is(self.epoch, int) and self.epoch >= 0,
            _is(self.recorded, bool) and _is(self.champion, bool),
            all(_is(text, str) for text in (self.line, self.actor, self.reason)),
            self.at.utcoffset() is not None,
        )
        if not all(right):
            raise _damaged(self.line, self.version, repr(self)[:200])

    def outranks(self, epoch: int) -> bool:
        """Whether it takes its version off a state of that epoch."""
        return not self.recorded or epoch < self.epoch

    def as_recorded(self, epoch: int) -> "ReturnOrder":
        """The same order, once the ledger holds it at ``epoch``; it still outranks what it did."""
        return replace(self, recorded=True, epoch=max(self.epoch, epoch))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, raw: object, line: str) -> Self:
        """Read an order of ``line``, leaving out words of a newer writer; raises BadInput."""
        try:
            known = {item.name: raw[item.name] for item in fields(cls) if item.name in raw}  # type: ignore[index,operator]  # of any shape: then a TypeError
            order = cls(**{**known, "at": datetime.fromisoformat(known["at"])})
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise _damaged(line, "", str(error)) from error
        if order.line != line:
            raise _damaged(line, order.version, order.line)
        return order


class OrderFolder:
    """The orders of all lines in a stack's folder ``home``, or those that are only rehearsed."""

    def __init__(self, home: Path, name: str = FOLDER) -> None:
        self.root = home / name

    def write(self, order: ReturnOrder) -> None:
        """Put an order there, all or nothing, and on the disk before this returns; raises OSError."""
        folder = self.root / order.line
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{order.version}.{os.getpid()}.draft"
        try:
            with draft.open("w") as file:
                json.dump(order.to_dict(), file, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path(order))
        finally:
            draft.unlink(missing_ok=True)
        _sync(folder)

    def remove(self, order: ReturnOrder) -> None:
        """Take an order away that every state holds; one that changed meanwhile stays."""
        found, _ = self.read(order.line)
        if order in found:
            self._path(order).unlink(missing_ok=True)

    def read(self, line: str) -> tuple[tuple[ReturnOrder, ...], dict[str, str]]:
        """The orders of a line, and what is wrong with each file that is none, by its path.

        A damaged file is as good as no file, and never worse.
        """
        orders, problems = [], {}
        try:
            paths = sorted(path for path in (self.root / line).iterdir() if path.suffix == ".json")
        except FileNotFoundError:
            return (), {}
        except OSError as error:
            return (), {f"{self.root.name}/{line}": str(error)}
        for path in paths:
            try:
                orders.append(ReturnOrder.from_dict(json.loads(path.read_bytes()), line))
            except FileNotFoundError:  # taken away meanwhile
                continue
            except (OSError, ValueError, RecursionError, BadInput) as error:
                problems[f"{self.root.name}/{line}/{path.name}"] = str(error)
        return tuple(orders), problems

    def stamp(self, line: str) -> object:
        """Changes whenever an order of the line does."""
        try:
            files = [(entry.name, entry.stat()) for entry in os.scandir(self.root / line)]
        except OSError as error:
            return error.errno
        return tuple(sorted((name, stat.st_mtime_ns, stat.st_ino) for name, stat in files))

    def _path(self, order: ReturnOrder) -> Path:
        return self.root / order.line / f"{order.version}.json"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _damaged(line: str, version: str, found: str) -> BadInput:
    return BadInput(
        f"order of {line} {version}".rstrip(),
        found=found,
        expected="a return as slipway writes it",
        next_step="say `slipway rollback` again, or remove the file: it takes nothing off",
    )
