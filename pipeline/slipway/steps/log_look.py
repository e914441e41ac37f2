"""Parts of a look that are read from the log itself, not from its sums: requests that two models answered."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from slipway.domain.cluster_measurements import SortedUnseen
from slipway.domain.errors import NotComputable
from slipway.domain.interleaved import Interleaved
from slipway.domain.paired_shadow import PairedShadow
from slipway.domain.release import Candidate, LineState
from slipway.gates import INTERLEAVING, PAIRED_SHADOW
from slipway.settings import settings
from slipway.steps import context


def paired(state: LineState, candidate: Candidate, now: datetime) -> PairedShadow:
    """Losses of the candidate and of who answers, on the same requests since the shadow began."""
    from slipway.kinds.prediction import shadow  # SciPy is heavy

    line, since = context.judged_line(state.line), candidate.stage_since
    return shadow.compare(settings().home, line, candidate, state.champion, since, now)


def interleaved(state: LineState, candidate: Candidate, now: datetime) -> Interleaved:
    """What was clicked of lists that candidate and who answers made together."""
    from slipway.kinds.ranking import interleaving  # loads the query engine

    line, since = context.judged_line(state.line), candidate.stage_since
    return interleaving.compare(settings().home, line, candidate, state.champion, since, now)


def sorted_unseen(state: LineState, candidate: Candidate, now: datetime) -> SortedUnseen:
    """How candidate and champion sort what came after the cut: the shadow of a line of topics."""
    from slipway.kinds.topics import shadow  # scikit-learn is heavy

    line, home = context.clusters_of(state.line), settings().home
    with context.versions(state.line) as fetch:
        return shadow.sort(home, line, candidate, state.champion, now, fetch)


_Read = Callable[[LineState, Candidate, datetime], PairedShadow | Interleaved]
BY_GATE: Mapping[str, tuple[_Read, type[PairedShadow] | type[Interleaved]]] = {
    PAIRED_SHADOW: (paired, PairedShadow),
    INTERLEAVING: (interleaved, Interleaved),
}
"""Gates that are asked on the log itself: how it is read for them, and what that gives."""


def read(
    gates: Collection[str], state: LineState, candidate: Candidate, now: datetime
) -> tuple[dict[str, Any], str]:
    """What these gates need of the log, by gate, and what kept one of them from it.

    A log that cannot be read for one gate keeps no other from being asked.
    """
    found: dict[str, Any] = {}
    trouble = ""
    for gate in [gate for gate in BY_GATE if gate in gates]:
        try:
            seen = BY_GATE[gate][0](state, candidate, now)
            found[gate] = seen.to_dict()
            if isinstance(seen, Interleaved) and seen.unread:
                trouble = trouble or f"a drafted list of the log cannot be read: {seen.misread}"
        except Exception as error:  # noqa: BLE001 - whatever it is, harm does not wait for a repair
            trouble = trouble or context.in_one_line(error)
    return found, trouble


def of(seen: Mapping[str, Any], gate: str) -> PairedShadow | Interleaved:
    """What a look read of the log for a gate; raises NotComputable where it could not."""
    if gate not in seen:
        raise NotComputable(
            f"{gate} of {seen['line']}",
            found=seen.get("trouble"),
            expected="a log that can be read",
            next_step="repair it: until then only harm that others prove is acted on",
        )
    return BY_GATE[gate][1].from_dict(seen[gate])
