"""What the checks of the rubric look at: collected elsewhere, judged here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from slipway.domain.champion_check import ChampionCheck
from slipway.domain.errors import NotComputable
from slipway.domain.release import LineState, Transition
from slipway.domain.verdict import Conclusion, Verdict
from slipway.release.drills import Drill

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ValidationFacts:
    """The newest validated training table: the run, whether all held, and expectations by table."""

    run: str
    success: bool
    expectations: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ConsistencyFacts:
    """The newest comparison of logged rows with what is computed again."""

    day: str
    rows: int
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RerunFacts:
    """Trained runs, and groups of them with equal causes: how many learned the same, and how many not."""

    runs: int
    same: int
    different: int
    environments: int


@dataclass(frozen=True, slots=True)
class ReadinessFacts:
    """Everything that was found of a line at ``now`` (event time, UTC).

    ``missing`` maps the name of what could not be collected to why; such a field is None, and the check that
    reads it did not run. ``timeout_days`` is the policy's. ``expired`` counts items older than they are kept,
    ``stale`` says what champions of each age lost to a fresh model, ``checked`` what columns and people are to
    the champion.
    """

    line: str
    now: datetime
    inputs: tuple[str, ...]
    timeout_days: float
    state: LineState | None = None
    past: tuple[Transition, ...] = ()
    validation: ValidationFacts | None = None
    audited: tuple[str, ...] | None = None
    planned: bool | None = None
    expired: int | None = None
    reruns: RerunFacts | None = None
    consistency: ConsistencyFacts | None = None
    drift_weeks: int | None = None
    stale: tuple[str, ...] | None = None
    drill: Drill | None = None
    checked: ChampionCheck | None = None
    ledger_faults: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    def verdicts(self, *gates: str) -> dict[str, list[Verdict]]:
        """Version → the verdicts of these gates on it, in the ledger's order."""
        found: dict[str, list[Verdict]] = {}
        for step in self.past:
            mine = [verdict for verdict in step.verdicts if verdict.gate in gates]
            found.setdefault(step.candidate.version, []).extend(mine)
        return {version: all_of for version, all_of in found.items() if all_of}

    def newest(self, *gates: str) -> Verdict:
        """The newest verdict of any of these gates on the champion, without one on any version.

        A candidate that a gate stopped says nothing against the version that serves. Raises NotComputable where
        none of them ever judged it.
        """
        champion = self.state.champion if self.state else None
        for step in reversed(self.past):
            if champion is not None and step.candidate.version != champion:
                continue
            for verdict in reversed(step.verdicts):
                if verdict.gate in gates:
                    return verdict
        raise unfound(f"no verdict of {' or '.join(gates)} stands in the ledger yet")

    def passed(self, *gates: str) -> str:
        """The newest verdict of one of these gates in words; raises NotComputable where it is no PASS."""
        found = self.newest(*gates)
        said = f"{found.gate}: {found.conclusion.name}: {found.reason}"
        if found.conclusion is not Conclusion.PASS:
            raise unfound(said)
        return said

    def of_champion(self) -> ChampionCheck:
        """What was checked of the version that leads now; raises NotComputable where nothing was."""
        champion = self.state.champion if self.state else None
        if champion is None:
            raise unfound("no champion yet, whose columns could be checked")
        if self.checked is None or self.checked.version != champion:
            why = f"version {champion} was not checked yet: slipway readiness {self.line}"
            raise unfound(self.why_missing("checked", why))
        return self.checked

    def why_missing(self, name: str, otherwise: str) -> str:
        """Why a field is None."""
        return self.missing.get(name, otherwise)


def unfound(why: str) -> NotComputable:
    """The error of a check that does not hold or could not run; its text is the evidence."""
    return NotComputable(
        "check", found=why, expected="evidence that it holds", next_step="see the evidence"
    )
