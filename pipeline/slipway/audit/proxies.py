"""LeakKind.PROXY: a column, its missingness or its format knows the label better than it could."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from slipway.audit.conditional_dependence import tie_of
from slipway.audit.conditional_model import ConditionalModel
from slipway.audit.derived_views import AHEAD, MISSING, View
from slipway.audit.design import Design
from slipway.audit.finding import Finding, Grade, squash
from slipway.audit.knobs import Knobs
from slipway.audit.power import Alone, Beyond, alone, beyond, scored
from slipway.audit.skipped_questions import says_where
from slipway.domain.leak import LeakKind
from slipway.stats.separation import distance

Floats = NDArray[np.float64]

WRITTEN_WHEN = "When is this value written, and could it be written before the label is known?"
THROUGH = ", and it goes with them through the outcome alone, as what is written later does"
WHO_FORMATS = (
    "Which system writes this column, and does it write differently once the outcome is known?"
)


@dataclass(frozen=True, slots=True)
class Strength:
    """A view's best target, its power there, and ``sure``: the d' that it exceeds for sure."""

    target: int
    alone: Alone
    sure: float

    @property
    def within(self) -> float:
        """Distance d' within time blocks."""
        return distance(self.alone.within.auc)


@dataclass(slots=True)
class Proxies:
    """Measures every view of every column, then judges the strong ones against the others.

    ``exempt`` are columns whose values run like a clock; these may be strong. ``gradual`` ones go with a label
    that is a number all along, as causes do: at most a question. ``accused`` collects
    who may no longer vouch for others, ``paired`` who tells the label with another one, ``cleared`` whose
    values were judged: they may vouch for weaker ones.
    """

    views: Mapping[str, View]
    design: Design
    knobs: Knobs
    exempt: frozenset[str] = frozenset()
    gradual: frozenset[str] = frozenset()
    strengths: dict[str, Strength] = field(default_factory=dict)
    accused: set[str] = field(default_factory=set)
    paired: set[str] = field(default_factory=set)
    cleared: set[str] = field(default_factory=set)

    def measure(self, key: str) -> Strength:
        """Power of one view alone, at the target where it is strongest."""
        found = []
        for k, target in enumerate(self.design.targets):
            power = alone(self.views[key].coded, self.design, target, self.knobs.prior_rows)
            found.append(Strength(k, power, distance(power.within.above(self.knobs.z_power))))
        best = max(found, key=lambda s: s.sure)
        self.strengths[key] = best
        return best

    def judge(self, reference: ConditionalModel) -> list[Finding]:
        """Findings on power: strong values, telling formats, time proxies."""
        found = [self._power(key, reference) for key in self._strong()]
        found += [self._trace(key) for key, view in self.views.items() if not view.is_value]
        found += [self._time_proxy(key) for key, view in self.views.items() if not view.about]
        return [finding for finding in found if finding is not None]

    def judge_again(self, reference: ConditionalModel) -> list[Finding]:
        """Findings on strong values that accused columns vouched for."""
        self.cleared.clear()
        fresh = [key for key in self._strong() if self.views[key].column not in self.accused]
        found = [self._power(key, reference) for key in fresh]
        return [finding for finding in found if finding is not None]

    def is_strong(self, column: str) -> bool:
        """Whether some view of a column is strong: a date may show when the outcome came."""
        views = (s for k, s in self.strengths.items() if self.views[k].column == column)
        return any(s.within >= self.knobs.strong for s in views)

    def vouching(
        self, keys: Collection[str], reference: ConditionalModel, highest: float
    ) -> list[str]:
        """Values that may explain ``keys``: not stronger or cleared, not accused, no copies."""
        own = {self.views[key].column for key in keys}
        weaker = [
            k
            for k, s in self.strengths.items()
            if not self.views[k].about
            and k not in own
            and self.views[k].column not in self.accused
            and (s.within <= highest or k in self.cleared)
        ]
        weaker.sort(key=lambda k: -self.strengths[k].within)
        weaker = weaker[: self.knobs.model_columns]
        copies = set().union(*(reference.copies(key, weaker) for key in keys))
        return [k for k in weaker if k not in copies]

    def unjudged(self) -> list[str]:
        """Strong columns that were beyond :attr:`Knobs.most_judged`."""
        done = self.accused | {self.views[key].column for key in self.cleared}
        columns = (self.views[key].column for key in self._all_strong())
        return [name for name in dict.fromkeys(columns) if name not in done]

    def _strong(self) -> list[str]:
        return self._all_strong()[: self.knobs.most_judged]

    def _all_strong(self) -> list[str]:
        strong = [
            key
            for key, s in self.strengths.items()
            if self.views[key].is_value and key not in self.exempt and s.within >= self.knobs.strong
        ]
        return sorted(strong, key=lambda k: -self.strengths[k].sure)

    def _power(self, key: str, reference: ConditionalModel) -> Finding | None:
        own, view = self.strengths[key], self.views[key]
        others = self.vouching([key], reference, own.within + self.knobs.alike)
        target = reference.design.targets[own.target]
        predicted = reference.predict(others, own.target)
        together = scored(predicted, reference.design, target)
        ahead = beyond(own.alone.within, together, target, self.knobs.z_power)
        tie = tie_of(reference.columns[key], predicted, target.yes)
        # a class that the others predict as well is an easy one, unless it is predicted without one error
        easy = distance(together.auc) >= self.knobs.near_perfect and ahead.errs
        follows = own.sure >= self.knobs.lone and not easy and tie.follows(self.knobs)
        grade = max(self._ahead(view, own), Grade.SUSPECT if follows else Grade.CLEAR)
        if not tie.stands_alone(self.knobs):
            grade = max(grade, self._grade(own, ahead, view))
            grade = grade if view.names_things else max(grade, self._lone(own, others))
        if view.column in self.gradual:
            grade = min(grade, Grade.NOTE)
        if grade is Grade.CLEAR:
            self.cleared.add(key)
            return None
        if grade.accuses:
            self.accused.add(view.column)
        power = own.alone.within
        subject = view.about or "alone it"
        return Finding(
            view.column,
            view.kind,
            grade,
            squash(own.sure),
            f"{subject} predicts whether {target.name} with AUC {power.auc:.3f} ± {2 * power.se:.3f}"
            f" among rows of like time; all comparable columns together reach {together.auc:.3f}"
            + (THROUGH if follows else ""),
            WRITTEN_WHEN,
            {"auc": power.auc, "se": power.se, "others": together.auc, "beyond": ahead.whole},
        )

    def _lone(self, own: Strength, others: list[str]) -> Grade:
        """SUSPECT where no other column alone comes near, however well all of them do together."""
        second = max((self.strengths[k].within for k in others), default=0.0)
        lone = own.sure >= self.knobs.lone and own.sure - second >= self.knobs.lone_gap
        return Grade.SUSPECT if lone else Grade.CLEAR

    def _ahead(self, view: View, own: Strength) -> Grade:
        """SUSPECT where a date to come predicts the label, however well the others do."""
        suspect = view.about == AHEAD and own.sure >= self.knobs.strong
        return Grade.SUSPECT if suspect else Grade.CLEAR

    def _grade(self, own: Strength, ahead: Beyond, view: View) -> Grade:
        knobs = self.knobs
        if ahead.sure < knobs.excess_sure:
            return Grade.CLEAR
        if ahead.whole >= knobs.excess_leak or own.sure >= knobs.near_perfect:
            return Grade.LEAK
        if ahead.whole < (knobs.excess_named if view.names_things else knobs.excess):
            return Grade.CLEAR
        is_cut = self.design.targets[own.target].is_cut
        accused = own.sure >= (knobs.excess_of_number if is_cut else knobs.excess_alone)
        return Grade.SUSPECT if accused else Grade.NOTE

    def _trace(self, key: str) -> Finding | None:
        """A format or an identifier that predicts the label: honest ones hardly do."""
        own, view = self.strengths[key], self.views[key]
        grade = self._trace_grade(key)
        if grade is Grade.CLEAR:
            return None
        power, target = own.alone.within, self.design.targets[own.target]
        return Finding(
            view.column,
            view.kind,
            grade,
            squash(own.sure),
            f"{view.about} predicts whether {target.name} with AUC {power.auc:.3f} ± {2 * power.se:.3f}"
            " among rows of like time",
            WHO_FORMATS,
            {"auc": power.auc, "se": power.se},
        )

    def _trace_grade(self, key: str) -> Grade:
        own, view, knobs = self.strengths[key], self.views[key], self.knobs
        hides = view.kind == LeakKind.HIDDEN
        yes = self.design.targets[own.target].yes
        few = hides and min(yes.sum(), (~yes).sum()) < knobs.fewest_per_block
        if view.column in self.accused or few or own.sure <= own.within / 2:
            return Grade.CLEAR
        if view.shadows and own.sure < self.strengths[view.column].within + knobs.trace_beyond:
            return Grade.CLEAR
        # digits of an amount follow from its size; those of a number of a case tell more than the number
        if hides and own.sure < self.strengths[view.column].within:
            return Grade.CLEAR
        if own.within >= knobs.trace_leak:
            return Grade.LEAK
        # a part of words was picked among many, and is judged by what it tells for sure
        told = own.sure if view.shadows else own.within
        if told >= (knobs.trace_identifier if hides else knobs.trace):
            return Grade.NOTE if self._skipped(key) else Grade.SUSPECT
        return Grade.NOTE if own.within >= knobs.trace_note else Grade.CLEAR

    def _skipped(self, key: str) -> bool:
        """Whether a column that is honest so far says where this one is blank: a question that some were not asked."""
        own, view = self.strengths[key], self.views[key]
        if view.about != MISSING or own.within >= self.knobs.strong:
            return False
        values = (v for v in self.views.values() if not v.about and v.column not in self.accused)
        return any(says_where(v.coded, view.coded.code == 1) for v in values)

    def _time_proxy(self, key: str) -> Finding | None:
        own, view = self.strengths[key], self.views[key]
        overall, within = own.alone.overall, own.alone.within
        sure = distance(overall.above(self.knobs.z_power))
        if view.column in self.accused or self.design.blocks == 1 or sure < self.knobs.proxy_power:
            return None
        if own.within > self.knobs.proxy_drop * distance(overall.auc):
            return None
        return Finding(
            view.column,
            LeakKind.PROXY,
            Grade.NOTE,
            0.0,
            f"AUC {overall.auc:.3f} over all rows but {within.auc:.3f} among rows of like time: a"
            " proxy of time, no leak; a random split would flatter it",
            "Will its future values lie where the model has seen some?",
            {"auc": overall.auc, "within": within.auc},
        )
