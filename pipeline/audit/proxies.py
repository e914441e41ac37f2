"""LeakKind.PROXY: a column, its missingness or its format knows the label better than it could."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from pipeline.audit.bins import Coded
from pipeline.audit.design import Design, Target
from pipeline.audit.finding import Finding, Grade, squash
from pipeline.audit.knobs import Knobs
from pipeline.audit.power import Alone, alone, scored
from pipeline.audit.reference import Reference
from pipeline.audit.sides import AHEAD, Side
from pipeline.domain.leak import LeakKind
from pipeline.stats.separation import Separation, distance

Floats = NDArray[np.float64]

WRITTEN_WHEN = "When is this value written, and could it be written before the label is known?"
THROUGH = ", and it goes with them through the outcome alone, as what is written later does"
WHO_FORMATS = (
    "Which system writes this column, and does it write differently once the outcome is known?"
)

MANY_WORDS = 20
"""Words from which a column names things (a user, an experiment) whose outcomes may persist."""


@dataclass(frozen=True, slots=True)
class Strength:
    """A side's best target, its power there, and ``sure``: the d' that it exceeds for sure."""

    target: int
    alone: Alone
    sure: float

    @property
    def within(self) -> float:
        """Distance d' within time blocks."""
        return distance(self.alone.within.auc)


class Beyond(NamedTuple):
    """By how many d' one exceeds others, and by how many at least."""

    whole: float
    sure: float


class Tie(NamedTuple):
    """How a column's rates go with what the others predict: rank correlations over ``rows``.

    ``both`` that of the two, ``left`` what is left of it among rows of one outcome, ``own`` and
    ``others`` how each goes with the outcome.
    """

    both: float
    left: float
    own: float
    others: float
    rows: int


def tie_of(coded: Coded, predicted: Floats, yes: NDArray[np.bool_]) -> Tie:
    """The tie between a column and predictions [n] from others."""
    n = np.bincount(coded.code, minlength=coded.size)
    rate = np.bincount(coded.code, yes, coded.size) / np.maximum(n, 1)
    one, two, outcome = rankdata(rate[coded.code]), rankdata(predicted), yes.astype(float)
    left = _correlation(_inside(one, yes), _inside(two, yes))
    return Tie(
        _correlation(one, two), left, _correlation(one, outcome), _correlation(two, outcome), len(yes)
    )  # fmt: skip


def _inside(x: Floats, yes: NDArray[np.bool_]) -> Floats:
    """Gap to the mean of the row's class."""
    found: Floats = x - np.where(yes, x[yes].mean(), x[~yes].mean())
    return found


def _correlation(x: Floats, y: Floats) -> float:
    """Pearson's r; 0 where one of the two does not vary."""
    spread = x.std() * y.std()
    return float(((x - x.mean()) * (y - y.mean())).mean() / spread) if spread > 0 else 0.0


@dataclass(slots=True)
class Proxies:
    """Measures every side of every column, then judges the strong ones against the others.

    ``exempt`` are columns whose values run like a clock; these may be strong. ``accused`` collects
    who may no longer vouch for others.
    """

    sides: Mapping[str, Side]
    design: Design
    knobs: Knobs
    exempt: frozenset[str] = frozenset()
    strengths: dict[str, Strength] = field(default_factory=dict)
    accused: set[str] = field(default_factory=set)

    def measure(self, key: str) -> Strength:
        """Power of one side alone, at the target where it is strongest."""
        found = []
        for k, target in enumerate(self.design.targets):
            power = alone(self.sides[key].coded, self.design, target, self.knobs.prior_rows)
            found.append(Strength(k, power, distance(power.within.above(self.knobs.z_power))))
        best = max(found, key=lambda s: s.sure)
        self.strengths[key] = best
        return best

    def judge(self, reference: Reference) -> list[Finding]:
        """Findings on power: strong values, telling formats, time proxies."""
        found = [self._power(key, reference) for key in self._strong()]
        found += [self._trace(key) for key, side in self.sides.items() if not side.is_value]
        found += [self._time_proxy(key) for key, side in self.sides.items() if not side.about]
        return [finding for finding in found if finding is not None]

    def judge_again(self, reference: Reference) -> list[Finding]:
        """Findings on strong values that accused columns vouched for."""
        fresh = [key for key in self._strong() if self.sides[key].column not in self.accused]
        found = [self._power(key, reference) for key in fresh]
        return [finding for finding in found if finding is not None]

    def tells(self, column: str) -> bool:
        """Whether some side of a column is strong: a date that tells when the outcome came."""
        sides = (s for k, s in self.strengths.items() if self.sides[k].column == column)
        return any(s.within >= self.knobs.strong for s in sides)

    def vouching(self, keys: Collection[str], reference: Reference, highest: float) -> list[str]:
        """Values that may explain ``keys``: not stronger, not accused, not the same, no copies."""
        own = {self.sides[key].column for key in keys}
        weaker = [
            k
            for k, s in self.strengths.items()
            if not self.sides[k].about
            and k not in own
            and self.sides[k].column not in self.accused
            and s.within <= highest
        ]
        weaker.sort(key=lambda k: -self.strengths[k].within)
        weaker = weaker[: self.knobs.model_columns]
        copies = set().union(*(reference.copies(key, weaker) for key in keys))
        return [k for k in weaker if k not in copies]

    def _strong(self) -> list[str]:
        strong = [
            key
            for key, s in self.strengths.items()
            if self.sides[key].is_value and key not in self.exempt and s.within >= self.knobs.strong
        ]
        return sorted(strong, key=lambda k: -self.strengths[k].sure)[: self.knobs.most_judged]

    def _power(self, key: str, reference: Reference) -> Finding | None:
        own, side = self.strengths[key], self.sides[key]
        others = self.vouching([key], reference, own.within + self.knobs.alike)
        target = reference.design.targets[own.target]
        predicted = reference.predict(others, own.target)
        together = scored(predicted, reference.design, target)
        beyond = self.beyond(own.alone.within, together, target)
        tie = tie_of(reference.columns[key], predicted, target.yes)
        effect = self._effect(own, tie)
        grade = max(self._ahead(side, own), effect)
        if not self._causes(tie):
            grade = max(grade, self._grade(own, beyond, side), self._lone(own, others))
        if grade is Grade.CLEAR:
            return None
        self.accused.add(side.column)
        power = own.alone.within
        subject = side.about or "alone it"
        return Finding(
            side.column, side.kind, grade, squash(own.sure),
            f"{subject} tells whether {target.name} with AUC {power.auc:.3f} ± {2 * power.se:.3f}"
            f" among rows of like time; all comparable columns together reach {together.auc:.3f}"
            + (THROUGH if effect.accuses else ""),
            WRITTEN_WHEN,
            {"auc": power.auc, "se": power.se, "others": together.auc, "beyond": beyond.whole},
        )  # fmt: skip

    def beyond(self, own: Separation, together: Separation, target: Target) -> Beyond:
        """How much farther ``own`` tells the outcome than all others ``together``.

        No AUC is known closer to 1 than by half a row of the rarer outcome.
        """
        fewest = min(target.yes.sum(), (~target.yes).sum())
        highest = distance(1 - 0.5 / max(float(fewest), 1.0))

        def reach(auc: float) -> float:
            return min(max(0.0, distance(auc)), highest)

        def unsure(found: Separation) -> float:
            return reach(found.auc) - reach(found.above(self.knobs.z_power))

        whole = reach(own.auc) - reach(together.auc)
        return Beyond(whole, whole - math.hypot(unsure(own), unsure(together)))

    def _causes(self, tie: Tie) -> bool:
        """Whether a column stands beside the others, as a cause does that does not depend on them.

        What follows from the outcome goes with its causes as far as both go with it; a cause of its
        own does not (Pearl 2009, section 1.2.3), however strong it is.
        """
        expected = tie.own * tie.others
        sure = tie.both + self.knobs.z_power / tie.rows**0.5 < expected
        return sure and tie.both <= self.knobs.cause_tied * expected

    def _lone(self, own: Strength, others: list[str]) -> Grade:
        """SUSPECT where no other column alone comes near, however well all of them do together."""
        second = max((self.strengths[k].within for k in others), default=0.0)
        lone = own.sure >= self.knobs.lone and own.sure - second >= self.knobs.lone_gap
        return Grade.SUSPECT if lone else Grade.CLEAR

    def _ahead(self, side: Side, own: Strength) -> Grade:
        """SUSPECT where a date to come tells the label, however well the others do."""
        told = side.about == AHEAD and own.sure >= self.knobs.strong
        return Grade.SUSPECT if told else Grade.CLEAR

    def _effect(self, own: Strength, tie: Tie) -> Grade:
        """SUSPECT where a strong column goes with the others through the label alone.

        What causes an outcome together with others is tied to them once the outcome is known; what
        only follows from it (written later) is not (Pearl 2009, section 1.2.3).
        """
        if own.sure < self.knobs.lone:
            return Grade.CLEAR
        knobs = self.knobs
        alone = tie.both >= knobs.effect_tied and abs(tie.left) <= knobs.effect_left * tie.both
        return Grade.SUSPECT if alone else Grade.CLEAR

    def _grade(self, own: Strength, beyond: Beyond, side: Side) -> Grade:
        knobs = self.knobs
        if beyond.sure < knobs.excess_sure:
            return Grade.CLEAR
        if beyond.whole >= knobs.excess_leak or own.sure >= knobs.near_perfect:
            return Grade.LEAK
        named = not side.coded.ordered and side.coded.size > MANY_WORDS
        needed = knobs.excess_named if named else knobs.excess
        return Grade.SUSPECT if beyond.whole >= needed else Grade.CLEAR

    def _trace(self, key: str) -> Finding | None:
        """A format or an identifier that tells the label: honest ones hardly do."""
        own, side, knobs = self.strengths[key], self.sides[key], self.knobs
        if side.column in self.accused or own.sure <= own.within / 2:
            return None
        if side.shadows and own.sure < self.strengths[side.column].within + knobs.trace_beyond:
            return None
        needed = knobs.trace_identifier if side.kind == LeakKind.HIDDEN else knobs.trace
        if own.within >= knobs.trace_leak:
            grade = Grade.LEAK
        elif own.within >= needed:
            grade = Grade.SUSPECT
        elif own.within >= knobs.trace_note:
            grade = Grade.NOTE
        else:
            return None
        power, target = own.alone.within, self.design.targets[own.target]
        return Finding(
            side.column, side.kind, grade, squash(own.sure),
            f"{side.about} tells whether {target.name} with AUC {power.auc:.3f} ± {2 * power.se:.3f}"
            " among rows of like time",
            WHO_FORMATS,
            {"auc": power.auc, "se": power.se},
        )  # fmt: skip

    def _time_proxy(self, key: str) -> Finding | None:
        own, side = self.strengths[key], self.sides[key]
        overall, within = own.alone.overall, own.alone.within
        sure = distance(overall.above(self.knobs.z_power))
        if side.column in self.accused or self.design.blocks == 1 or sure < self.knobs.proxy_power:
            return None
        if own.within > self.knobs.proxy_drop * distance(overall.auc):
            return None
        return Finding(
            side.column, LeakKind.PROXY, Grade.NOTE, 0.0,
            f"AUC {overall.auc:.3f} over all rows but {within.auc:.3f} among rows of like time: a"
            " proxy of time, no leak; a random split would flatter it",
            "Will its future values lie where the model has seen some?",
            {"auc": overall.auc, "within": within.auc},
        )  # fmt: skip
