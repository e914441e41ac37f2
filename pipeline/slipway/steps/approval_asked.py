"""What a reviewer is asked, for who shows it elsewhere: the question, and what became of it. Both are the ledger's."""

from datetime import timedelta
from typing import NamedTuple

from slipway.domain.errors import NotEligible
from slipway.domain.release import Candidate
from slipway.domain.stage import Stage, label
from slipway.registry.page import review_url
from slipway.settings import settings
from slipway.steps import context


class AskedApproval(NamedTuple):
    """A candidate that waits for a reviewer: what is asked in one line, and more of it as Markdown."""

    version: str
    subject: str
    body: str


def asked(line_name: str) -> AskedApproval:
    """What is asked of a reviewer now; raises NotEligible where no candidate waits for one."""
    candidate = _waiting(line_name)
    if candidate is None:
        raise NotEligible(
            f"approval of {line_name}",
            found="no candidate that waits for a reviewer",
            expected="one",
            next_step="nothing is to be done",
        )
    return AskedApproval(
        candidate.version,
        f"{line_name}: version {candidate.version} waits for a reviewer",
        _body(line_name, candidate),
    )


def _body(line_name: str, candidate: Candidate) -> str:
    policy = context.judged(line_name)[0].policy
    until = candidate.stage_since + timedelta(days=policy.timeout_days)
    page = review_url(settings().mlflow_pages, line_name, candidate.version)
    return (
        f"Shall version {candidate.version} answer every user of {line_name}? It was started by"
        f" {candidate.author} and waits since {candidate.stage_since:%Y-%m-%d %H:%M} UTC; without an answer it"
        f" times out on {until:%Y-%m-%d}.\n\n"
        f"**Decide on [its review page]({page})**, as a reviewer who is not its author. Nothing is decided here:"
        " the button below only looks again, and this action goes away by itself once the ledger has the decision."
    )


def answer(line_name: str, version: str) -> str:
    """What became of a version that a reviewer was asked about, in words; "" while it still waits."""
    waiting = _waiting(line_name)
    if waiting is not None and waiting.version == version:
        return ""
    mine = [t for t in context.ledger().transitions(line_name) if t.candidate.version == version]
    if not mine:
        return f"version {version} is not in the ledger"
    return f"version {version}: {label(mine[-1].to_stage)} by {mine[-1].actor}: {mine[-1].reason}"


def _waiting(line_name: str) -> Candidate | None:
    candidate = context.ledger().state(line_name).candidate
    return candidate if candidate is not None and candidate.stage is Stage.APPROVAL else None
