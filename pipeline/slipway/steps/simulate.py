"""Where the loop of a line leads: weeks of retraining in a world fitted to its own log, before any release."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from slipway import gates
from slipway.data import json_file, log
from slipway.domain.errors import BadInput
from slipway.domain.line import Line
from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.verdict import Conclusion, Verdict, panel_conclusion
from slipway.lines import policy_file
from slipway.monitoring import loop_rows, loop_world, store
from slipway.monitoring.loop_simulation import Learner, Simulated, simulate
from slipway.monitoring.loop_world import FittedWorld
from slipway.monitoring.store import WEEK
from slipway.reports import loop_figures
from slipway.reports.page import Figure, render, verdict_table
from slipway.settings import settings
from slipway.steps import context

LEARNERS = (Learner.POSITION_BASED, Learner.OWN_CLICKS)
"""What Slipway's training makes of clicks, and beside it what a model would that takes them at their word."""


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """What each learner leads to, the first being the line's own; ``fitted`` says on what the world stands."""

    line: str
    weeks: int
    seed: int
    fitted: dict[str, float]
    value: dict[str, tuple[float, ...]]
    verdicts: dict[str, Verdict]
    gini: dict[str, tuple[float, ...]]

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {
            "line": self.line,
            "weeks": self.weeks,
            "seed": self.seed,
            "fitted": self.fitted,
            "learners": {
                name: {
                    "value": list(self.value[name]),
                    "gini": list(self.gini[name]),
                    "verdict": self.verdicts[name].to_dict(),
                }
                for name in self.value
            },
        }


def simulate_line(
    line_name: str, weeks: int, seed: int, progress: Callable[[str, int], None]
) -> tuple[SimulationReport, Path]:
    """Simulate ``weeks`` and write report, page and pictures; returns the folder that holds them.

    Raises BadInput for a line without lists, and NotComputable where its log has too few explored clicks.
    """
    line = context.line_of(line_name)
    if line.kind != "ranking":
        raise BadInput(
            f"line {line_name}",
            found=line.kind,
            expected="one that shows lists",
            next_step="name a line that ranks: only lists feed on their own clicks",
        )
    policy = policy_file.loop_policy(line_name, settings().policy_file)
    found = _fitted(line, policy, progress)
    runs: dict[str, Simulated] = {}
    for learner in LEARNERS:
        rng = np.random.default_rng((seed, LEARNERS.index(learner)))
        runs[learner.value] = simulate(
            found.world,
            learner,
            found.start,
            weeks,
            policy,
            rng,
            progress=partial(progress, learner.value),
        )
    report = _report(line_name, weeks, seed, found, runs, policy)
    return report, _write(report, runs)


def _fitted(line: Line, policy: LoopPolicy, progress: Callable[[str, int], None]) -> FittedWorld:
    """The world of the last whole weeks whose outcomes have come."""
    home = settings().home
    log.recover_and_report(home, line)
    until = log.complete_until(home, line, context.now()) - line.maturity
    end = store.monday(until.replace(hour=0, minute=0, second=0, microsecond=0))
    end -= WEEK if end > until else 0 * WEEK
    weeks = []
    for back in range(policy.reference_weeks, 0, -1):
        begin = end - back * WEEK
        week = loop_rows.read_week(home, line, begin, begin + WEEK)
        if len(week.lists.user):
            weeks.append(week)
        progress("reading", policy.reference_weeks - back + 1)
    if not weeks:
        raise BadInput(
            f"explored lists of {line.name}",
            found=0,
            expected="some in the last weeks",
            next_step="wait for a whole week (Monday to Monday, UTC) with the explore arm on",
        )
    return loop_world.fitted(line.name, weeks, line.policy.explore_share, line.policy.rules_share)


def _report(
    line: str,
    weeks: int,
    seed: int,
    found: FittedWorld,
    runs: dict[str, Simulated],
    policy: LoopPolicy,
) -> SimulationReport:
    segments, items = found.world.attraction.shape
    return SimulationReport(
        line, weeks, seed,
        {"segments": segments, "items": items, "offered": found.world.offered, "requests_a_week": found.world.requests,
         "explored_lists": found.lists, "explored_clicks": found.clicks},
        {name: run.value for name, run in runs.items()},
        {name: gates.judge(gates.FEEDBACK_LOOP, run.measured, policy) for name, run in runs.items()},
        {name: tuple(w.arms["champion"].gini for w in run.measured.weeks) for name, run in runs.items()},
    )  # fmt: skip


def _write(report: SimulationReport, runs: dict[str, Simulated]) -> Path:
    folder = context.folder(report.line, "simulation")
    own = LEARNERS[0].value
    figures = (
        loop_figures.where_it_leads(report.value),
        *loop_figures.drawn_weeks(runs[own].measured),
    )
    json_file.write(folder / "simulation.json", report.to_dict())
    for figure in figures:
        (folder / f"{figure.name}.png").write_bytes(figure.png)
    (folder / "simulation.html").write_text(_page(report, figures), encoding="utf-8")
    return folder


def _page(report: SimulationReport, figures: tuple[Figure, ...]) -> str:
    own = report.verdicts[LEARNERS[0].value]
    conclusion: Conclusion = panel_conclusion([own])
    return render(
        title=f"Where the loop of {report.line} leads",
        lead=f"{report.weeks} simulated weeks of retraining in a world fitted to the log. It is no forecast of clicks: "
        "items and tastes stay as they are.",
        conclusion=conclusion,
        facts={name.replace("_", " "): f"{number:,.0f}" for name, number in report.fitted.items()},
        tables=[verdict_table(name, [verdict]) for name, verdict in report.verdicts.items()],
        figures=figures,
    )
