"""The shadow of a line of topics: sort the posts that came after the cut, show nobody."""

from datetime import datetime, timedelta
from pathlib import Path

from slipway.data import posts
from slipway.domain.cluster_measurements import SortedUnseen
from slipway.domain.clusters import ClusterLine
from slipway.domain.release import Candidate
from slipway.evaluation.clusters import sorted_alike
from slipway.kinds.kind import FetchModel
from slipway.training.clusters import folder

USUAL_WEEKS = 4
"""Weeks before the cut whose mean says how many posts a week brings."""


def sort(
    home: Path,
    line: ClusterLine,
    candidate: Candidate,
    champion: str | None,
    now: datetime,
    fetch: FetchModel,
) -> SortedUnseen:
    """How candidate and champion sort what was written and came in since the candidate's cut."""
    end = candidate.interval_end
    table = posts.between(home, line, end, now, cut=now)
    before = posts.between(home, line, end - USUAL_WEEKS * timedelta(weeks=1), end, cut=end)
    texts = [text or "" for text in table["text"].to_pylist()]
    files = fetch(candidate.version)
    mine, alike = folder.read(files, line.name), None
    if champion is not None:
        alike = sorted_alike(texts, mine, folder.read(fetch(champion), line.name))
    return SortedUnseen(
        line.name,
        candidate.version,
        folder.follows(files, line.name),
        champion,
        len(texts),
        alike,
        before.num_rows / USUAL_WEEKS,
    )
