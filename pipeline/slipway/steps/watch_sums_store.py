"""The sums of a champion's watch on disk: one file of arrays, there whole or not at all.

Users are numbers of 64 bits, and an erased person takes the file away (:func:`forget`): it is made again from
the rollups.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import get_ident
from typing import Any
from zipfile import BadZipFile

import numpy as np

from slipway.domain.blocks import Counts, Ints, Traffic
from slipway.domain.errors import NotComputable
from slipway.domain.line import Line
from slipway.evidence.user_table import UserSums
from slipway.steps import context
from slipway.steps.watch_sums import CONTROLS, COUNTED, OF_TRAFFIC, WatchSums, nothing

FORMAT = 1


def _path(line: Line, epoch: int) -> Path:
    return context.folder(line.name, "watch") / f"sums-{epoch:05d}.npz"


def load(line: Line, epoch: int) -> WatchSums:
    """What was kept of the promotion at ``epoch``; nothing where there is none, or it cannot be read."""
    try:
        with np.load(_path(line, epoch), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return _read(json.loads(bytes(arrays.pop("page"))), arrays, line)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, NotComputable):
        return nothing()


def save(line: Line, epoch: int, known: WatchSums) -> None:
    """Keep the sums, whole or not at all; those of other promotions are spent."""
    page, arrays = _written(known, line)
    path = _path(line, epoch)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}.draft")
    try:
        with draft.open("wb") as file:
            np.savez(file, page=np.frombuffer(json.dumps(page).encode(), np.uint8), **arrays)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    for each in path.parent.glob("sums-*.npz"):
        if each != path:
            each.unlink(missing_ok=True)


def forget(line: Line) -> list[Path]:
    """Delete what is kept of a line's watch; returns the files."""
    found = sorted(context.folder(line.name, "watch").glob("*sums-*.npz*"))
    for path in found:
        path.unlink(missing_ok=True)
    return found


def _written(known: WatchSums, line: Line) -> tuple[dict[str, Any], dict[str, Any]]:
    arrays: dict[str, Any] = {}
    stages = [*{s for c in known.clicks.values() for s in set(c.stage.tolist())}]
    rows = list(known.clicks.values())
    for name in ("start_s", "trials", "successes"):
        arrays[f"clicks {name}"] = _small([getattr(c, name) for c in rows])
    arrays["clicks stage"] = _codes([c.stage for c in rows], stages)
    for arm, traffic in known.traffic.items():
        stages += [s for s in set(traffic.stage.tolist()) if s not in stages]
        for name in OF_TRAFFIC:
            arrays[f"{arm} {name}"] = (
                _codes([traffic.stage], stages)
                if name == "stage"
                else _small([getattr(traffic, name)])
            )
    for arm, users in known.users.items():
        arrays[f"{arm} keys"], arrays[f"{arm} sums"] = users
    for (epoch, arm), keys in known.visitors.items():
        arrays[f"came {epoch} {arm}"] = keys
    page = {
        "format": [FORMAT, list(line.live_segments)],
        "parts": known.parts,
        "segments": [(name, len(c.start_s)) for name, c in known.clicks.items()],
        "stages": stages,
        "quiet": sorted(known.quiet),
        "arms": sorted(known.arms),
    }
    return page, arrays


def _small(parts: Sequence[Ints]) -> Ints:
    """All rows in the smallest whole numbers that hold them."""
    whole = np.concatenate(parts) if parts else np.zeros(0, np.int64)
    return whole.astype(np.min_scalar_type(int(whole.max(initial=0))))


def _codes(parts: Sequence[Any], stages: Sequence[str]) -> Any:
    whole = np.concatenate(parts) if parts else np.zeros(0, np.str_)
    found = np.zeros(len(whole), np.uint8)
    for at, stage in enumerate(stages):
        found[whole == stage] = at
    return found


def _read(page: dict[str, Any], arrays: Mapping[str, Any], line: Line) -> WatchSums:
    if page["format"] != [FORMAT, list(line.live_segments)]:
        return nothing()
    stages = np.array(page["stages"] or [""], dtype=np.str_)
    ends = np.cumsum([size for _, size in page["segments"]])[:-1]
    columns = [
        np.split(arrays[f"clicks {name}"], ends)
        for name in ("start_s", "stage", "trials", "successes")
    ]
    clicks = {
        name: Counts(start.astype(np.int64), stages[stage], *(n.astype(np.int64) for n in counts))
        for (name, _), start, stage, *counts in zip(page["segments"], *columns, strict=True)
    }
    return WatchSums(
        parts=tuple(page["parts"]),
        clicks=clicks,
        traffic={
            arm: Traffic(
                *(
                    stages[arrays[f"{arm} {name}"]]
                    if name == "stage"
                    else arrays[f"{arm} {name}"].astype(np.int64)
                    for name in OF_TRAFFIC
                )
            )
            for arm in CONTROLS
        },
        quiet=frozenset(page["quiet"]),
        arms=frozenset(page["arms"]),
        visitors={
            (int(name.split()[1]), name.split(maxsplit=2)[2]): keys
            for name, keys in arrays.items()
            if name.startswith("came ")
        },
        users={arm: UserSums(arrays[f"{arm} keys"], arrays[f"{arm} sums"]) for arm in COUNTED},
    )
