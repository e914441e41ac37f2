"""The shadow of a line of clusters: sort the posts that came after the cut, show nobody."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from slipway.domain.cluster_measurements import SortedUnseen
from slipway.domain.release import Candidate, LineState
from slipway.domain.stage import Stage
from slipway.gates import gates_for
from slipway.settings import settings
from slipway.steps import clusters, context

USUAL_WEEKS = 4
"""Weeks before the cut whose mean says how many posts a week brings."""


def observe(line_name: str) -> dict[str, Any]:
    """Lay out one look at the release; no gates where no candidate is on the slipway."""
    state, now = context.ledger().state(line_name), context.now()
    seen: dict[str, Any] = {
        "line": line_name, "epoch": state.epoch, "now": now.isoformat(), "gates": [],
    }  # fmt: skip
    if state.candidate is None:
        return seen
    stage, policy = state.candidate.stage, context.policy_of(line_name)
    gates = gates_for(stage, has_champion=state.champion is not None, policy=policy)
    seen |= {"stage": stage.value, "gates": list(gates)}
    if stage is Stage.OFFERED:
        return seen
    return seen | {"unseen": sort(state, state.candidate, now).to_dict()}


def sort(state: LineState, candidate: Candidate, now: datetime) -> SortedUnseen:
    """How candidate and champion sort what was written and came in since the candidate's cut."""
    from slipway.data import posts  # noqa: PLC0415 - loads pandas
    from slipway.evaluation.clusters import sorted_alike  # noqa: PLC0415 - loads NumPy
    from slipway.training.clusters import folder  # noqa: PLC0415 - loads NumPy

    line, home, end = context.clusters_of(state.line), settings().home, candidate.interval_end
    table = posts.between(home, line, end, now, cut=now)
    before = posts.between(home, line, end - USUAL_WEEKS * timedelta(weeks=1), end, cut=end)
    texts = [text or "" for text in table["text"].to_pylist()]
    with TemporaryDirectory(dir=context.folder(line.name)) as scratch:
        own = Path(scratch) / f"version-{candidate.version}"
        mine, alike = clusters.load(line, candidate.version, Path(scratch)), None
        if state.champion:
            theirs = clusters.load(line, state.champion, Path(scratch))
            alike = sorted_alike(texts, mine, theirs)
        return SortedUnseen(
            line.name, candidate.version, folder.follows(own, line.name), state.champion,
            len(texts), alike, before.num_rows / USUAL_WEEKS,
        )  # fmt: skip


def measured(seen: Mapping[str, Any]) -> SortedUnseen:
    """What the gate of a look judges."""
    return SortedUnseen.from_dict(seen["unseen"])
