"""The evidence of a release on disk: arrays, and a page that names them."""

import math
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from threading import get_ident
from typing import Any

import numpy as np

from slipway.data import json_file
from slipway.domain.accumulated_evidence import AccumulatedEvidence, MeanTotals
from slipway.domain.errors import NotComputable
from slipway.domain.line import Line
from slipway.evidence.amount_bounds import UsersAmounts
from slipway.evidence.release_evidence import ReleaseEvidence
from slipway.evidence.user_table import UserSums
from slipway.steps import context

_AMOUNTS = ("control", "counted")
"""Tables of users' amounts of the day under way."""


def _folder(line: Line) -> Path:
    return context.folder(line.name, "evidence")


def save(line: Line, version: str, known: ReleaseEvidence) -> None:
    """Arrays first, then the page that names them: whoever reads sees the whole of it.

    A line has one candidate at a time: evidence of other versions is spent. Neighbours may save at
    once; one of them may then find its arrays gone, and makes them again.
    """
    folder = _folder(line)
    name = f"{version}-{known.key[:12]}-{known.until:%Y%m%dT%H}.bin"
    draft = folder / f".{name}.{os.getpid()}.{get_ident()}.draft"
    arrays = {
        "user_keys": known.users.keys,
        "user_sums": known.users.sums,
        "history_keys": known.history.keys,
        "history_sums": known.history.sums,
        "squares": known.squares,
        "candidate_keys": known.candidates.keys,
        "candidate_sums": known.candidates.sums,
        "candidate_squares": known.candidate_squares,
        **{
            f"beyond {of} {place}": array
            for place, part in enumerate(known.beyond)
            for of, array in zip(("keys", "sums"), part, strict=True)
        },
        "reference": known.reference,
        "amount_days": known.amounts.days,
        **{
            f"{which}_{of}": array
            for which in _AMOUNTS
            for of, array in zip(("keys", "sums"), getattr(known.amounts, which), strict=True)
        },
        **{f"seen {place} {arm}": keys for (place, arm), keys in known.seen.items()},
    }
    with draft.open("wb") as file:
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).data)
    draft.replace(folder / name)
    page = {
        "key": known.key,
        "file": name,
        "arrays": [(of, array.dtype.str, array.shape) for of, array in arrays.items()],
        "until": known.until.isoformat(),
        "past": known.past.to_dict(),
        "totals": [asdict(part) for part in known.totals],
        "amounts_of": known.amounts.day,
    }
    json_file.write(folder / f"{version}.json", page, indent=None)
    for path in folder.iterdir():
        of_this = path.name.lstrip(".").startswith((f"{version}-", f"{version}."))
        if not of_this or (path.suffix == ".bin" and path.name != name):
            path.unlink(missing_ok=True)


def forget(line: Line, key: np.uint64) -> list[Path]:
    """Delete what was kept of releases in which this user was seen; it is made again from the rollups.

    Returns the files. What cannot be read is deleted as well.
    """
    gone = []
    for path in sorted(_folder(line).glob("[!.]*.json")):
        try:
            page = json_file.read(path)
            body = path.with_name(page["file"])
            arrays = _arrays(page, body.read_bytes())
            of_users = [keys for keys in arrays.values() if keys.dtype == np.uint64]
            if not any(key in keys for keys in of_users):
                continue
            found = [body, path]  # a page without its arrays is found again after a kill
        except (OSError, ValueError, KeyError, TypeError):
            found = [*path.parent.glob(f"{path.stem}-*.bin"), path]
        for each in found:
            each.unlink(missing_ok=True)
        gone += found
    return gone


def load(line: Line, version: str, key: str) -> ReleaseEvidence | None:
    """What was kept; None where nothing was, or it is damaged or not for ``key``."""
    try:
        path = _folder(line) / f"{version}.json"
        page = json_file.read(path)
        body = path.with_name(page["file"]).read_bytes()
        if page["key"] != key:
            return None
        return _evidence(page, _arrays(page, body))
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


def _evidence(page: dict[str, Any], kept: dict[str, Any]) -> ReleaseEvidence:
    seen = {
        (int(name.split()[1]), name.split()[2]): keys
        for name, keys in kept.items()
        if name.startswith("seen ")
    }
    return ReleaseEvidence(
        page["key"],
        datetime.fromisoformat(page["until"]),
        UserSums(kept["user_keys"], kept["user_sums"]),
        UserSums(kept["history_keys"], kept["history_sums"]),
        kept["squares"],
        AccumulatedEvidence.from_dict(page["past"]),
        kept["reference"],
        tuple(MeanTotals(**part) for part in page["totals"]),
        seen,
        UserSums(kept["candidate_keys"], kept["candidate_sums"]),
        kept["candidate_squares"],
        (_beyond(kept, 0), _beyond(kept, 1)),
        UsersAmounts(
            kept["amount_days"],
            page["amounts_of"],
            *(UserSums(kept[f"{of}_keys"], kept[f"{of}_sums"]) for of in _AMOUNTS),
        ),
    )


def _beyond(kept: dict[str, Any], arm: int) -> UserSums:
    return UserSums(kept[f"beyond keys {arm}"], kept[f"beyond sums {arm}"])
