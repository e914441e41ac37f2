"""The evidence page of a version as its run holds it now, or why it is not shown."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from slipway.domain.errors import SlipwayError
from slipway.domain.stage import Stage
from slipway.registry.facts import VersionFacts
from slipway.registry.names import EVIDENCE_FOLDER, LIVE_FILES, LIVE_FOLDER, STAGE
from slipway.registry.server import stored
from slipway.registry.shown import ShownRun, check_shown

_LIVE = re.compile(rf"{LIVE_FOLDER}/(\d+)-[a-z0-9_]+/evidence\.html")
_FIRST = f"{EVIDENCE_FOLDER}/evidence.html"
LARGEST_BYTES = 4 * 2**20
"""Of a page: what is larger is no page of Slipway's."""


@dataclass(frozen=True, slots=True)
class EvidenceShown:
    """The page's HTML and its path in the run; or no HTML, and what is wrong in one line.

    ``bound``: a digest of the version's tags holds it. Pages of live stages have none before a reviewer is asked.
    """

    html: str = ""
    path: str = ""
    trouble: str = ""
    bound: bool = True


def evidence_of(facts: VersionFacts) -> EvidenceShown:
    """The newest page of a version, if all that its run shows is what the pipeline attached."""
    if not facts.run_id:
        return EvidenceShown(trouble=f"{facts.name} has no run, and no evidence.")
    try:
        found = stored.shown(facts)
        bound = LIVE_FILES in facts.tags or facts.tags.get(STAGE) == Stage.APPROVAL
        check_shown(facts, found if bound else _before_exposure(found))
        path = newest(found.files)
        body = stored.content(facts, path) if path else b""
        if path and hashlib.sha256(body).hexdigest() != found.files[path]:
            return EvidenceShown(trouble=f"{path} of {facts.name} changes while it is read.")
    except SlipwayError as error:
        return EvidenceShown(trouble=str(error))
    if not path or len(body) > LARGEST_BYTES:
        return EvidenceShown(
            trouble=f"{facts.name} has no evidence page: nothing is known of it here."
        )
    held = bound or path == _FIRST
    return EvidenceShown(body.decode("utf-8", "replace"), path, bound=held)


def _before_exposure(found: ShownRun) -> ShownRun:
    """What is bound from the registration on: all but the pages of live stages."""
    kept = {p: digest for p, digest in found.files.items() if not p.startswith(f"{LIVE_FOLDER}/")}
    return replace(found, files=kept)


def newest(paths: Iterable[str]) -> str:
    """The page of the latest step on live traffic, else that of before any exposure; "" for none.

    >>> newest(["evidence/evidence.html", "live/00009-approval/evidence.html", "live/00010-approval/x.png"])
    'live/00009-approval/evidence.html'
    """
    names = list(paths)
    live = [(int(found[1]), name) for name in names if (found := _LIVE.fullmatch(name))]
    if live:
        return max(live)[1]
    return _FIRST if _FIRST in names else ""
