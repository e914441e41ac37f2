"""Which rows may be compared: the label's yes and no, time blocks, folds by group."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway.audit.digest import mix
from slipway.audit.knobs import Knobs
from slipway.audit.thresholds import (
    DESIGN_CHUNKS,
    DESIGN_FEWEST_OF_CLASS,
    DESIGN_MOST_ASKED,
    DESIGN_MOST_CLASSES,
    DESIGN_TAIL,
)
from slipway.domain.errors import BadInput

SHOWN_CLASSES = 4


@dataclass(frozen=True, slots=True)
class Target:
    """One question about the label: bool[n], and how it reads ("y is 'yes'", "cnt above 142").

    ``is_cut`` where a number was cut in two: other numbers that go with it are common.
    """

    name: str
    yes: NDArray[np.bool_]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Design:
    """Rows [n] with their targets, time block (0 .. blocks - 1) and fold (0 .. folds - 1).

    The first target is the main one. Folds keep a group together, so that nothing is learned by
    heart of one group and praised on its other rows.
    """

    targets: tuple[Target, ...]
    block: NDArray[np.int32]
    blocks: int
    fold: NDArray[np.int32]
    folds: int

    @property
    def stratum(self) -> NDArray[np.int32]:
        """Block and fold as one code, block by block."""
        return self.block * np.int32(self.folds) + self.fold


def targets(
    name: str,
    values: NDArray[np.float64] | None,
    names: tuple[str, ...],
    code: NDArray[np.int32],
    left_out: int = 0,
) -> tuple[Target, ...]:
    """Yes-or-no questions about the label.

    ``values`` are its numbers (None for words), ``left_out`` the rows without a label, ``code``/``names`` its codes without missing rows.
    Two values: one question. A few words or classes: one each of the largest. Numbers: above the
    median, above the highest and at most the lowest tenth; few whole ones may be an amount or names of
    classes, and are asked both ways. Raises BadInput for a single value.
    """
    size = np.bincount(code, minlength=len(names))
    present = np.flatnonzero(size)
    if len(present) < 2:  # noqa: PLR2004 - two classes
        raise BadInput(
            f"label {name!r}",
            found=(f"one value, {names[present[0]]}" if len(present) else "no value")
            + (f", and {left_out:,} rows without one" if left_out else ""),
            expected="at least two different values",
            next_step=f"if blank is an answer, as no, say --read {name}=blank-is-value"
            if left_out
            else "audit a table that holds more than one outcome",
        )
    if len(present) == 2:  # noqa: PLR2004
        return (Target(f"{name} is {names[present[1]]}", code == present[1]),)
    largest = sorted(present, key=lambda k: (-size[k], k))
    if len(present) > DESIGN_MOST_CLASSES and values is None:
        raise BadInput(
            f"label {name!r}",
            found=f"{len(present)} different words or more",
            expected=f"a number, or at most {DESIGN_MOST_CLASSES} classes",
            next_step="name the column that is to be predicted, or join rare classes",
        )
    asked = [k for k in largest if size[k] >= DESIGN_FEWEST_OF_CLASS][:DESIGN_MOST_ASKED]
    asked = max(asked, largest[:SHOWN_CLASSES], key=len)
    classes = tuple(Target(f"{name} is {names[k]}", code == k) for k in asked)
    if values is None or len(present) <= SHOWN_CLASSES:
        return classes
    cuts = _thresholds(name, values)
    whole = len(present) <= DESIGN_MOST_CLASSES and bool((values == np.floor(values)).all())
    return (*cuts, *(c for c in classes if not _asked(c, cuts))) if whole else cuts


def _asked(target: Target, others: tuple[Target, ...]) -> bool:
    """Whether one of the others is the same question, or its opposite."""
    return any((target.yes == o.yes).all() or (target.yes != o.yes).all() for o in others)


def _thresholds(name: str, values: NDArray[np.float64]) -> tuple[Target, ...]:
    found: list[Target] = []
    for share in (0.5, DESIGN_TAIL, 1 - DESIGN_TAIL):
        limit = float(np.quantile(values, share))
        yes = values > limit
        if not 0 < yes.mean() < 1:
            limit = float(values[values > values.min()].min())
            yes = values >= limit
        if not any((yes == other.yes).all() for other in found):
            found.append(Target(f"{name} above {limit:.6g}", yes, is_cut=True))
    return tuple(found)


def lay_out(
    asked: tuple[Target, ...],
    time: NDArray[np.float64] | None,
    group: NDArray[np.int64] | None,
    knobs: Knobs,
) -> Design:
    """Blocks of like time with enough of both classes, and folds by group (or by row)."""
    n = len(asked[0].yes)
    fewest = min(int(asked[0].yes.sum()), int((~asked[0].yes).sum()))
    block = np.zeros(n, dtype=np.int32)
    if time is not None:
        blocks = int(np.clip(fewest // knobs.fewest_per_block, 1, knobs.blocks))
        edges = np.unique(np.quantile(time, np.arange(1, blocks) / blocks))
        block = np.searchsorted(edges, time, side="right").astype(np.int32)
    folds = np.uint64(knobs.folds)
    key = np.arange(n, dtype=np.uint64) if group is None else group.astype(np.uint64)
    return Design(
        asked, block, int(block.max()) + 1, (mix(key) % folds).astype(np.int32), knobs.folds
    )


def sorted_by(target: Target, row: NDArray[np.int64], knobs: Knobs) -> bool:
    """Whether yes and no lie in different parts of the file."""
    chunk = np.minimum(row * DESIGN_CHUNKS // (int(row.max()) + 1), DESIGN_CHUNKS - 1)
    n = np.bincount(chunk, minlength=DESIGN_CHUNKS)
    rate = np.bincount(chunk, target.yes, DESIGN_CHUNKS) / np.maximum(n, 1)
    spread = np.average((rate - target.yes.mean()) ** 2, weights=n)
    return bool(spread > knobs.sorted_share * target.yes.mean() * (1 - target.yes.mean()))
