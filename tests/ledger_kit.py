"""A release of a few steps as rows of a ledger, and hands that change a ledger behind its back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from slipway.domain.release import Candidate, LineState, Origin, Transition, fold
from slipway.domain.stage import RELEASE_STAGES, Stage
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.release.ledger import Ledger
from slipway.release.ledger.rows import LedgerRow
from slipway.release.ledger.tables import drop_guards, make_guards
from slipway.release.transitions import offer

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
WAITED = datetime(2025, 2, 17, 7, tzinfo=UTC)
WAITS_WITH = "ab" * 32
"""The evidence digest of the candidate that :func:`waiting` puts there."""
CANDIDATE = Candidate(
    version="7",
    fingerprint="f" * 64,
    author="adam",
    origin=Origin.SCHEDULED,
    interval_end=NOW - timedelta(hours=6),
    stage=Stage.OFFERED,
    stage_since=NOW - timedelta(hours=1),
)


def steps() -> tuple[Transition, ...]:
    """Four steps of one release, from the offer to 5 % of users."""
    verdict = Verdict("parity", Conclusion.PASS, "equal", (Evidence("rows", 0, "rows"),))
    found = [*offer(LineState("feed"), CANDIDATE, now=NOW, actor="test", verdicts=[verdict])]
    for stage, share in ((Stage.SHADOW, 0.0), (Stage.CANARY_1, 0.01), (Stage.CANARY_5, 0.05)):
        found.append(after(found, stage, share))
    return tuple(found)


def after(past: Iterable[Transition], stage: Stage, share: float = 0.0) -> Transition:
    """The next step of the candidate in ``past``, an hour later."""
    past = tuple(past)
    last, at = past[-1], past[-1].at + timedelta(hours=1)
    champion = last.candidate.version if stage is Stage.CHAMPION else last.champion
    return replace(
        last,
        epoch=fold("feed", past).epoch + 1,
        at=at,
        from_stage=last.to_stage,
        to_stage=stage,
        share=share,
        reason=f"to {stage}",
        champion=champion,
        candidate=replace(last.candidate, stage=stage, stage_since=at),
    )


def chain(past: Iterable[Transition]) -> tuple[LedgerRow, ...]:
    """The rows of these steps, each with its digest."""
    return again(LedgerRow.of(step) for step in past)


def again(rows: Iterable[LedgerRow]) -> tuple[LedgerRow, ...]:
    """The rows with all digests made again, as somebody does who knows how."""
    made: list[LedgerRow] = []
    for row in rows:
        made.append(row.after(made[-1].digest if made else None))
    return tuple(made)


def by_hand(ledger: Ledger, *statements: str) -> None:
    """Change the database as its own account can; the guards stand again afterwards."""
    with ledger.database.writing() as connection:
        drop_guards(connection)
        for statement in statements:
            connection.exec_driver_sql(statement)
        make_guards(connection)


def waiting(home, line):
    """A ledger in which a candidate of ``line`` waits for its reviewer."""
    ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
    candidate = Candidate("3", "f" * 64, "adam", Origin.MANUAL, WAITED, Stage.OFFERED, WAITED)
    before = None
    for number, stage in enumerate(RELEASE_STAGES[:-1], start=1):
        candidate = replace(
            candidate,
            stage=stage,
            stage_since=WAITED + timedelta(hours=number),
            evidence_digest=WAITS_WITH,
        )
        ledger.append(
            Transition(
                line,
                number,
                candidate.stage_since,
                f"release_{line}",
                before,
                stage,
                0.5 if stage.is_live else 0.0,
                f"reached [{stage}]",
                candidate,
                None,
            )
        )
        before = stage
    return ledger
