"""What a kind of line must be able to do, so that one weekly run serves them all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from slipway.data.ibis_types import Backend
from slipway.domain.run import EvaluatedRun, Run, SnapshotRecord, TrainedRun, ValidatedRun
from slipway.domain.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

    from slipway.audit.finding import Audit
    from slipway.domain.champion_check import ChampionCheck
    from slipway.reports.review.brief import Brief

FetchModel = Callable[[str], Path]
"""The folder of a registered version's model, downloaded when it is asked for."""

NOT_AUDITED = "not audited"


class Proofs(NamedTuple):
    """What no single table proves, as a table; ``suspicions`` says what ``audit`` accuses."""

    table: "pd.DataFrame | None" = None
    audit: "Audit | None" = None
    suspicions: str = NOT_AUDITED


@dataclass(frozen=True, slots=True)
class FittedModel:
    """What fitting left behind: ``folder`` holds the model, ``digests`` made its fingerprint.

    ``files`` are JSON files for the run's folder, by name. ``plain`` and ``follows`` as in
    :class:`slipway.domain.run.ModelRecord`.
    """

    folder: Path
    fingerprint: str
    digests: Mapping[str, str]
    files: Mapping[str, Mapping[str, Any]]
    plain: Path | None = None
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class VersionPage:
    """What the registry shows of a version beyond what it shows of every kind.

    ``facts`` and ``links`` (addresses by what they show) stand in its description, as do the
    ``images`` (file names of the evidence).
    """

    images: Sequence[str]
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


class Measurements(Protocol):
    """Offline measurements of any kind."""

    @property
    def interval_end(self) -> datetime:
        """End of the measured data interval (UTC)."""

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""


L_contra = TypeVar("L_contra", contravariant=True)
R = TypeVar("R")
M = TypeVar("M", bound=Measurements)


class LineKind(Protocol[L_contra, R, M]):
    """The verbs of a weekly run that differ between kinds of line; a module has them all.

    ``L_contra`` is the line's class, ``R`` its recipe's, ``M`` that of its offline measurements.
    Errors are those of the rooms that do the work; none is caught here.
    """

    def freeze(
        self,
        home: Path,
        line: L_contra,
        interval: tuple[datetime, datetime],
        recipe: R,
        now: datetime,
    ) -> SnapshotRecord:
        """Freeze the table of the data interval [start, end) as of its cut."""

    def suites(self, line: L_contra) -> Mapping[str, str]:
        """The text of each suite of expectations, by the kind of table it is of."""

    def tables(self, con: Backend, home: Path, line: L_contra, run: Run[R]) -> Mapping[str, Any]:
        """The tables that are proven before training, by their kind."""

    def prove(
        self, con: Backend, home: Path, line: L_contra, run: Run[R], tables: Mapping[str, Any]
    ) -> Proofs:
        """What no single table proves, of tables that are sound in themselves."""

    def fit(
        self, line: L_contra, run: ValidatedRun[R], champion: str | None, fetch: FetchModel
    ) -> FittedModel:
        """Fit the run's recipe; ``champion`` is the version of the interval's end."""

    def measure(
        self,
        home: Path,
        line: L_contra,
        run: TrainedRun[R],
        champion: str | None,
        fetch: FetchModel,
    ) -> tuple[M, str | None]:
        """The offline measurements, and the version they compare with; ``champion`` is today's."""

    def read_measurements(self, raw: Mapping[str, Any]) -> M:
        """The measurements as they were written."""

    def rules(self, home: Path, line: L_contra) -> Path | None:
        """The folder of the hand-written rules; None where a line has none."""

    def check_champion(
        self, line: L_contra, table: Path, folder: Path, version: str
    ) -> "ChampionCheck | None":
        """What columns and groups of people are to the model in ``folder`` on the frozen ``table``; None where
        it reads no columns.
        """

    def write_evidence(
        self,
        folder: Path,
        line: L_contra,
        run: EvaluatedRun[R],
        measured: M,
        verdicts: Sequence[Verdict],
        brief: "Brief",
    ) -> VersionPage:
        """Write page and figures into ``folder``; ``brief`` is what is known beside the measurements."""
