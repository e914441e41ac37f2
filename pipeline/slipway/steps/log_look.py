"""Parts of a look that are read from the log itself, not from its sums: requests that two models answered."""

from datetime import datetime

from slipway.domain.cluster_measurements import SortedUnseen
from slipway.domain.interleaved import Interleaved
from slipway.domain.paired_shadow import PairedShadow
from slipway.domain.release import Candidate, LineState
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
