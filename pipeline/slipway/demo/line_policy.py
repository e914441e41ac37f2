"""The policy of a line's demo: its own gates and error budgets, with knobs for the traffic of a demo.

Nothing is made stricter than the line has it. The demo prints every knob beside the line's own value.
"""

import json
from dataclasses import fields
from datetime import timedelta
from typing import Any

from slipway.domain.line import Line
from slipway.domain.shares import HALF

AT_LEAST: dict[str, float] = {
    "margin": 0.12, "max_error_rate": 0.05, "ndcg_margin": 0.04, "calibration_margin": 0.05,
    "category_mix_max": 0.35, "logloss_margin": 0.02, "loss_margin": 0.02, "segment_margin": 0.1,
    "bias_margin": 0.1, "shift_max": 0.4, "flips_max": 0.15, "paired_margin": 0.05,
    "day_harm_excluded": 0.2,
}  # fmt: skip
"""Margins that so little traffic can prove."""
AT_MOST: dict[str, float] = {
    "shadow_min_requests": 300,
    "min_exposures": 100,
    "paired_min_users": 100,
    "noise_budget": 1.0,
    "latency_min_reference": 500,
    "min_users": 100,
    "watch_days": 7.0,
}
"""Counts that a demo can wait for."""
OF_LISTS = ("ndcg_margin", "category_mix_max", "logloss_margin")
"""Knobs that a line which predicts never asks for."""
REPLAYED = "outcomes are replayed as they were recorded, whoever answers"
PLAIN: dict[str, Any] = {
    "both_weekday_types": False,
    "prove_gain": False,
    "latency_tolerance": 3.0,
    "latency_ratios": [4.0, 8.0, 16.0],
}
"""A machine that trains, serves and draws visitors at once is slow in bursts, and no model's fault is shown so."""
SHADOW_H = 12.0
"""Hours of a shadow that only asks whether the candidate answers."""
HARM_EXCLUDED = {"canary_1": 0.5, "canary_5": 0.3, "canary_25": 0.15, "canary_50": 0.12}
LATE = timedelta(hours=12)
"""A window of outcomes beyond which a look at a stage waits for it."""
LATE_RULES_SHARE = 0.3
"""Users of the rules where each stage waits days for outcomes: better than they is proven on theirs, and a
twentieth of them would take years.
"""
ROOM = 0.05
"""Hold-outs and hold-back together stay that far below half of the users."""
STAGE_H = {"canary_1": 28.0, "canary_5": 20.0, "canary_25": 20.0, "canary_50": 20.0}
TIMEOUT_IN_WINDOWS = 12
"""Windows of the outcome that a release may take, at least."""


def is_late(line: Line) -> bool:
    """Whether a split waits for outcomes: a look before they are known would see nothing."""
    return line.maturity > LATE and not line.primary.exogenous


def knobs(line: Line, *, recorded: bool = False) -> dict[str, Any]:
    """The knobs that a demo of the line turns, canary stages as tables.

    Where a ``recorded`` outcome is played again it does not depend on who answers, and no rules are held out.
    """
    own, found = line.policy, dict(PLAIN)
    of_lists = () if line.kind == "ranking" else OF_LISTS
    known = {item.name for item in fields(own) if item.name not in of_lists}
    found |= {n: least for n, least in AT_LEAST.items() if n in known and getattr(own, n) < least}
    found |= {
        n: type(getattr(own, n))(most)
        for n, most in AT_MOST.items()
        if n in known and getattr(own, n) > most
    }
    if recorded and line.kind != "ranking" and own.rules_share:
        found |= {"rules_share": 0.0, "no_hold_out_because": REPLAYED}
    room = HALF - ROOM - own.explore_share - own.previous_share
    if is_late(line) and not recorded and 0 < own.rules_share < min(LATE_RULES_SHARE, room):
        found["rules_share"] = min(LATE_RULES_SHARE, room)
    window_h = line.maturity / timedelta(hours=1)
    found["shadow_min_hours"] = SHADOW_H
    timeout = max(own.timeout_days, TIMEOUT_IN_WINDOWS * window_h / 24)
    if timeout > own.timeout_days:
        found["timeout_days"] = min(timeout, 365.0)
    found["canary"] = {
        rule.stage.value: {
            "min_hours": min(rule.min_hours, STAGE_H[rule.stage.value]),
            "harm_excluded": max(rule.harm_excluded, HARM_EXCLUDED[rule.stage.value]),
        }
        for rule in own.canary
    }
    return found


def toml(line: Line, *, recorded: bool = False) -> str:
    """The knobs as a policy file."""
    found = knobs(line, recorded=recorded)
    stages = found.pop("canary")
    lines = [f"# The demo's policy of the line {line.name}.", f"[{line.name}]"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in found.items()]
    for stage, values in stages.items():
        lines += ["", f"[{line.name}.canary.{stage}]"]
        lines += [f"{name} = {value}" for name, value in values.items()]
    return "\n".join(lines) + "\n"
