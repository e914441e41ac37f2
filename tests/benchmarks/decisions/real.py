"""Real experiments through the same gates: what is decided, when, and does a look at the end agree?

python -m tests.benchmarks.decisions.real FOLDER [--out FOLDER]

FOLDER holds ``asos_ab_experiments`` (78 experiments over time, Liu et al. 2021) and ``open_bandit``
(two policies in one week, Saito et al. 2020). An experiment is judged at every checkpoint as a
release at 50 %, by the gates that its data speak to; decisions that the end contradicts are counted.
"""

import argparse
import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from rich.progress import track
from scipy.stats import norm
from slipway.domain.mean import Mean, PerList
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion
from slipway.gates import judge

from .recorded import MEANS, Experiment, bandit, experiments, look
from .report import markdown

STOPPING = ("harm", "too_good_live", "means")
RELEASING = ("non_inferiority",)
EDGE = norm.ppf(0.05)


class Ending(NamedTuple):
    """One experiment's decision, when (days of all), why, and what the last checkpoint says.

    ``agrees`` (:func:`agreement`): does the end bear the decision out; None where none was made.
    """

    experiment: str
    decision: str
    day: float
    days: float
    reason: str
    effect_then: float
    effect: float
    z: float
    blamed_z: float
    sample_ratio: str
    agrees: bool | None


def replay(experiment: Experiment, policy: Policy) -> Ending:
    """The first checkpoint at which a gate fails, or proof of non-inferiority stands."""
    declared = tuple(mean for mean in policy.means if mean.name in _measured(experiment))
    policy, row = replace(policy, means=declared), experiment.rows[1].iloc[-1]
    gates = (*STOPPING, *RELEASING) if declared else ("harm", "too_good_live", *RELEASING)
    decision, reason, when, then = "undecided", "", experiment.days[-1], np.nan
    for place in range(len(experiment.days)):
        live = look(experiment, place)
        verdicts = [judge(gate, live, policy) for gate in gates]
        failed = [v for v in verdicts if v.conclusion is Conclusion.FAIL]
        passed = all(v.conclusion is Conclusion.PASS for v in verdicts)
        if failed or passed:
            decision, when = ("returned" if failed else "released"), experiment.days[place]
            reason = "; ".join(v.reason for v in failed) or verdicts[-1].reason
            at = experiment.rows[1].loc[place]
            then = at["mean_t"] / at["mean_c"] - 1
            break
    end = judge("sample_ratio", look(experiment, len(experiment.days) - 1), policy)
    ratio = "not 50 : 50" if end.conclusion is Conclusion.FAIL else "as 50 : 50"
    effect = row["mean_t"] / row["mean_c"] - 1
    blamed_z = min(_z(experiment.rows[metric].iloc[-1]) for metric in blamed(reason))
    return Ending(
        experiment.name,
        decision,
        when,
        experiment.days[-1],
        reason,
        effect_then=then,
        effect=effect,
        z=_z(row),
        blamed_z=blamed_z,
        sample_ratio=ratio,
        agrees=agreement(decision, effect=effect, blamed_z=blamed_z, margin=policy.margin),
    )


def agreement(decision: str, *, effect: float, blamed_z: float, margin: float) -> bool | None:
    """Whether the end bears a decision out; None where none was made.

    What was returned must be significantly worse in what was blamed (one-sided 5 %), and what was
    released must have lost less than ``margin``.
    """
    if decision == "returned":
        return bool(blamed_z <= EDGE)
    return bool(effect > -margin) if decision == "released" else None


def blamed(reason: str) -> list[int]:
    """The metrics in which a verdict saw harm: "worse than the control in metric 4: ..."."""
    said = ", ".join(re.findall(r"control in ([\w, ]+?)(?::| \()", reason))
    return [metric for metric, name in MEANS.items() if name in said] or [1]


def _z(row: pd.Series) -> float:
    se = np.sqrt(row["variance_c"] / row["count_c"] + row["variance_t"] / row["count_t"])
    return (row["mean_t"] - row["mean_c"]) / se


def _measured(experiment: Experiment) -> set[str]:
    return {MEANS[metric] for metric in experiment.rows if metric in MEANS}


def asos_policy() -> Policy:
    """The default policy, with the three declared means of the data set as guardrails."""
    means = tuple(Mean(name, "amount", PerList.SUM, 0.05) for name in MEANS.values())
    return Policy(means=means)


def tally(endings: list[Ending]) -> pd.DataFrame:
    """How decisions stand beside the last checkpoint; what it contradicts is an error."""
    margin = Policy().margin
    returned = [e for e in endings if e.decision == "returned"]
    released = [e for e in endings if e.decision == "released"]
    by_clicks = [e for e in returned if blamed(e.reason) == [1] or "control in clicks" in e.reason]
    rows = [
        ("variants", len(endings)),
        ("returned", len(returned)),
        ("... for conversions", len(by_clicks)),
        ("... of these not significantly worse at the end (z > -1.645)",
         sum(e.z > EDGE for e in by_clicks)),
        ("... of these better than the control at the end", sum(e.effect > 0 for e in by_clicks)),
        ("... for another mean alone", len(returned) - len(by_clicks)),
        ("... of these not significantly worse at the end in a mean that was blamed",
         sum(e.blamed_z > EDGE for e in returned if e not in by_clicks)),
        ("released", len(released)),
        (f"... of these worse by {margin:.0%} or more at the end",
         sum(e.effect <= -margin for e in released)),
        ("... of these significantly worse at the end, within the margin or not",
         sum(e.z < EDGE for e in released)),
        ("undecided when the data end", sum(e.decision == "undecided" for e in endings)),
        ("... of these significantly worse at the end", sum(
            e.z < EDGE for e in endings if e.decision == "undecided")),
        ("decisions that the end contradicts", sum(e.agrees is False for e in endings)),
        ("days until the decision, over days of the experiment",
         f"{np.mean([e.day / e.days for e in returned + released]):.2f}"),
        ("users not 50 : 50 (the intended split is not known)",
         sum(e.sample_ratio != "as 50 : 50" for e in endings)),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["", "count"])


def listed(endings: list[Ending]) -> pd.DataFrame:
    """A line for each variant: what was decided, when, and what the end says of it."""
    return pd.DataFrame(
        {
            "experiment/variant": one.experiment,
            "decision": one.decision,
            "on day": f"{one.day:g} of {one.days:g}",
            "conversions then": ""
            if np.isnan(one.effect_then)
            else f"{100 * one.effect_then:+.2f} %",
            "at the end": f"{100 * one.effect:+.2f} %",
            "z at the end": f"{one.z:.2f}",
            "the end agrees": {True: "yes", False: "NO", None: ""}[one.agrees],
            "blamed": "" if one.decision != "returned" else ", ".join(_names(one.reason)),
        }
        for one in endings
    )


def _names(reason: str) -> list[str]:
    """What was blamed, by name."""
    return [MEANS.get(metric, "conversions") for metric in blamed(reason)]


def main() -> None:
    """Replay everything; ``real.csv`` and ``REAL.md`` have the counts and a line for each variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path(".bench/decisions"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    policy = asos_policy()
    endings = [replay(one, policy) for one in track(experiments(args.folder))]
    pd.DataFrame(endings).to_csv(args.out / "real.csv", index=False)
    text = ["## Real experiments (ASOS, 78 experiments, 99 variants)", markdown(tally(endings))]
    text += ["### Each of them\n", markdown(listed(endings))]
    text.append("## Open Bandit, uniform policy beside Thompson sampling, one week\n")
    for campaign in ("men", "women"):
        live = bandit(args.folder, campaign)
        for gate in ("harm", "non_inferiority", "beats_rules_live"):
            verdict = judge(gate, live, Policy())
            text.append(f"- {campaign}, {gate}: {verdict.conclusion.name}, {verdict.reason}")
    (args.out / "REAL.md").write_text("\n".join(text) + "\n", encoding="utf-8")
    print("\n".join(text))  # a command's answer


if __name__ == "__main__":
    main()
