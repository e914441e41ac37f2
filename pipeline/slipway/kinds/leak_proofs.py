"""What no single table proves: inputs are served, served as rebuilt, counted and fitted on the past."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipway.data import json_file
from slipway.data.ibis_types import Backend, Table
from slipway.domain.leak import Leak, LeakKind
from slipway.domain.line import Line, ModelRecipe
from slipway.serving.requests import accepted
from slipway.validation.contract import absent_at_serving

if TYPE_CHECKING:
    import pandas as pd

SERVED_ROWS = 4_000
"""Exposures of two days that are built again from the kept feature tables."""
SKEW_SHARE = 0.001
"""Share of them that may differ where entities have tables: an entry that was corrected since."""
COUNTED_AGAIN = 1
"""Feature tables counted again from the poisoned past in one run; which ones are done is kept."""
FITTED_ROWS = 4_000
"""Rows of each split on which a short fit is made twice."""
_PROVEN = "proven.json"


ShortFit = Callable[["pd.DataFrame", Line, ModelRecipe], dict[str, Any]]
"""What a short fit on a table learned, as digests by name (:mod:`slipway.training.probe_fit`)."""


def prove(
    con: Backend,
    home: Path,
    line: Line,
    recipe: ModelRecipe,
    tables: Mapping[str, Any],
    short_fit: ShortFit,
    suspected: Sequence[Leak] = (),
) -> "pd.DataFrame":
    """The table of proofs for a run's exposures and training table, both sound in themselves.

    ``suspected`` are inputs that plainly know the outcome, as the audit found them.
    """
    from slipway.validation import proofs  # loads the query engine

    shown, training = tables["exposures"], tables["training"].to_pandas()
    times = _times(con, shown)
    served = _served(con, line, shown, times)
    counted = [c.name for c in line.counted]
    rebuilt = [c.name for c in line.features if c.tolerance is not None]
    rows = [
        *proofs.proven(
            LeakKind.ABSENT, recipe.inputs, _absent(line, recipe, served, shown.columns)
        ),
        *proofs.proven(LeakKind.SKEW, rebuilt, _skew(home, line, served)),
        *proofs.proven(
            LeakKind.LOOK_AHEAD, counted, _look_ahead(home, line, times) if counted else ()
        ),
        *proofs.proven(LeakKind.FITTED, ["model"], _fitted(line, recipe, training, short_fit)),
        *proofs.proven(LeakKind.PROXY, recipe.inputs, suspected),
        *_unproven(line),
    ]
    return proofs.table_of(rows)


def _unproven(line: Line) -> list[dict[str, Any]]:
    """That nobody can prove what was known when, and why the line is trained all the same."""
    if not line.waiver:
        return []
    said = f"not provable, as no arrival was written down; waived: {line.waiver}"
    return [
        {
            "kind": str(LeakKind.LATER),
            "column": "arrived_at",
            "holds": True,
            "wrong": 0,
            "of": 0,
            "said": said,
        }
    ]


def _times(con: Backend, shown: Table) -> list[datetime]:
    """The feature tables that the interval was served from, oldest first."""
    found = con.to_pyarrow(shown.select("features_as_of").distinct())["features_as_of"]
    return sorted(found.to_pylist())


def _served(con: Any, line: Line, shown: Any, times: Sequence[datetime]) -> "pd.DataFrame":
    """Exposures of the first and of the last day, sampled by whole requests."""
    from slipway.validation.kept_features import NEEDED  # loads the query engine

    some = shown.filter(shown.features_as_of.isin([*times[:1], *times[-1:]]))
    every = max(1, con.to_pyarrow(some.count()).as_py() // SERVED_ROWS)
    picked = some.filter(some.request_id.hash() % every == 0)
    names = dict.fromkeys((*NEEDED, *(c.name for c in line.features)))
    frame: pd.DataFrame = con.to_pyarrow(picked.select(*names)).to_pandas()
    return frame


def _absent(
    line: Line, recipe: ModelRecipe, served: "pd.DataFrame", logged: Sequence[str]
) -> Sequence[Any]:

    missing = {n: (int(served[n].isna().sum()), len(served)) for n in served.columns}
    return absent_at_serving(
        recipe.inputs,
        logged,
        sent=[c.name for c in line.context],
        accepted=accepted(line),
        missing=missing,
    )


def _skew(home: Path, line: Line, served: "pd.DataFrame") -> Sequence[Any]:
    from slipway.validation import kept_features  # loads the query engine

    share = SKEW_SHARE if line.entities else 0.0
    return kept_features.served_otherwise_than_kept(home, line, served, max_share=share)


def _look_ahead(home: Path, line: Line, times: Sequence[datetime]) -> Sequence[Any]:
    """Leaks of the newest tables that no run has counted again yet."""
    from slipway.validation import kept_features  # loads the query engine

    path = home / "work" / line.name / _PROVEN
    done = json_file.read(path)["as_of"] if path.is_file() else []
    due = [at for at in times if at.isoformat() not in done]
    due = [at for at in due if not _erased(home, line, at)][-COUNTED_AGAIN:]
    leaks = kept_features.look_ahead(home, line, due)
    if not leaks and due:
        path.parent.mkdir(parents=True, exist_ok=True)
        json_file.write(path, {"as_of": sorted({*done, *(at.isoformat() for at in due)})})
    return leaks


def _erased(home: Path, line: Line, at: datetime) -> bool:
    """Whether rows that a table had counted were erased since: it cannot be counted again.

    Its rows of the person are gone, and the counts of items and categories stay as they were served.
    """
    from slipway.data import erasures  # only where proofs are made
    from slipway.data.groups import longest_window  # loads the query engine

    since = at - longest_window(line)
    found = [e for e in erasures.touching(home, line.name, since, at) if e.at >= at]
    if found:
        days = ", ".join(f"{each.at:%Y-%m-%d}" for each in found)
        said = "features of %s as of %s are not counted again: erased rows, on %s"
        logging.getLogger("slipway").warning(said, line.name, at.isoformat(), days)
    return bool(found)


def _fitted(
    line: Line, recipe: ModelRecipe, training: "pd.DataFrame", short_fit: ShortFit
) -> Sequence[Any]:
    from slipway.validation.fitted import fitted_on_test  # loads pandas

    some = training.groupby("split", group_keys=False)[list(training.columns)].head(FITTED_ROWS)
    return fitted_on_test(lambda table: short_fit(table, line, recipe), some)
