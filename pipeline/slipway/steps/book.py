"""A release's logbook on disk: arrays, and a page that names them."""

import math
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from threading import get_ident
from typing import Any

import numpy as np

from slipway.domain.blocks import Ints
from slipway.domain.errors import NotComputable
from slipway.domain.line import Line
from slipway.domain.past import MeanTotals, Past
from slipway.stats.histogram import BUCKETS
from slipway.stats.keyed import Keyed, Keys
from slipway.stats.split import Floats
from slipway.steps import context


@dataclass(frozen=True, eq=False)
class Requests:
    """Every request before ``until`` that has arrived, whatever came of it.

    ``past`` holds the evidence on errors and latency, ``reference`` the champion's latency in the
    shadow. ``seen`` are distinct users by (place of the stage's step, arm).
    """

    until: datetime
    past: Past = field(default_factory=Past)
    reference: Ints = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    seen: dict[tuple[int, str], Keys] = field(default_factory=dict)

    def came(self) -> dict[int, dict[str, int]]:
        """Distinct users by place of the step, then by arm."""
        out: dict[int, dict[str, int]] = {}
        for (place, arm), keys in self.seen.items():
            out.setdefault(place, {})[arm] = len(keys)
        return out


@dataclass(frozen=True, eq=False)
class Logbook:
    """Everything known before ``until``, outcomes with it; ``requests`` are ahead of them.

    ``key`` says what was entered and under which policy. ``users`` are the control's: trials and
    successes since the shadow began, then lists beside the candidate, and for each declared mean the
    deviation of its amount and of its history; ``squares`` are their sums of squares and products
    (:func:`slipway.steps.amounts.squares_of`). ``history`` holds the amounts per list of users
    before the release.
    """

    key: str
    until: datetime
    users: Keyed
    history: Keyed
    squares: Floats
    requests: Requests
    past: Past = field(default_factory=Past)
    reference: Ints = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    totals: tuple[MeanTotals, ...] = ()


def _folder(line: Line) -> Path:
    return context.folder(line.name, "evidence")


def save(line: Line, version: str, book: Logbook) -> None:
    """Arrays first, then the page that names them: whoever reads sees a whole logbook.

    A line has one candidate at a time: logbooks of other versions are spent. Neighbours may save at
    once; one of them may then find its arrays gone, and makes them anew.
    """
    folder, requests = _folder(line), book.requests
    hours = "-".join(f"{until:%Y%m%dT%H}" for until in (book.until, requests.until))
    name = f"{version}-{book.key[:12]}-{hours}.bin"
    draft = folder / f".{name}.{os.getpid()}.{get_ident()}.draft"
    arrays = {
        "user_keys": book.users.keys,
        "user_sums": book.users.sums,
        "history_keys": book.history.keys,
        "history_sums": book.history.sums,
        "squares": book.squares,
        "reference": book.reference,
        "arrived_reference": requests.reference,
        **{f"seen {place} {arm}": keys for (place, arm), keys in requests.seen.items()},
    }
    with draft.open("wb") as file:
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).data)
    draft.replace(folder / name)
    page = {
        "key": book.key,
        "file": name,
        "arrays": [(of, array.dtype.str, array.shape) for of, array in arrays.items()],
        "until": book.until.isoformat(),
        "past": book.past.to_dict(),
        "totals": [asdict(part) for part in book.totals],
        "arrived": {"until": requests.until.isoformat(), "past": requests.past.to_dict()},
    }
    context.write_json(folder / f"{version}.json", page, indent=None)
    for path in folder.iterdir():
        of_this = path.name.lstrip(".").startswith((f"{version}-", f"{version}."))
        if not of_this or (path.suffix == ".bin" and path.name != name):
            path.unlink(missing_ok=True)


def load(line: Line, version: str, key: str) -> Logbook | None:
    """What was kept; None where nothing was, or it is damaged or not for ``key``."""
    path = _folder(line) / f"{version}.json"
    try:
        page = context.read_json(path)
        body = path.with_name(page["file"]).read_bytes()
        if page["key"] != key:
            return None
        return _logbook(page, _arrays(page, body))
    except (OSError, ValueError, KeyError, TypeError, NotComputable):
        return None


def _arrays(page: dict[str, Any], body: bytes) -> dict[str, Any]:
    kept, at = {}, 0
    for name, kind, shape in page["arrays"]:
        size = math.prod(shape)
        kept[name] = np.frombuffer(body, kind, size, at).reshape(shape)
        at += kept[name].nbytes
    if at != len(body):
        raise ValueError(f"{len(body)} bytes, not {at}")
    return kept


def _logbook(page: dict[str, Any], kept: dict[str, Any]) -> Logbook:
    seen = {
        (int(name.split()[1]), name.split()[2]): keys
        for name, keys in kept.items()
        if name.startswith("seen ")
    }
    return Logbook(
        page["key"],
        datetime.fromisoformat(page["until"]),
        Keyed(kept["user_keys"], kept["user_sums"]),
        Keyed(kept["history_keys"], kept["history_sums"]),
        kept["squares"],
        Requests(
            datetime.fromisoformat(page["arrived"]["until"]),
            Past.from_dict(page["arrived"]["past"]),
            kept["arrived_reference"],
            seen,
        ),
        Past.from_dict(page["past"]),
        kept["reference"],
        tuple(MeanTotals(**part) for part in page["totals"]),
    )
