"""Operating figures of the harm and non-inferiority e-processes on one split (about a minute).

python tests/benchmarks/decision_rule.py [paths]

5 % click rate, candidate at 1 % of the traffic, a look after every block, no drift for exposure and
a drift of both arms for the errors. Wald's limit needs the effect to be known; it is the
candidate's impressions until the return, divided by the control's finite share.
"""

import sys
import time

import numpy as np
from rich.console import Console
from rich.table import Table

from pipeline.domain.policy import Policy
from pipeline.stats.eprocess import Split, harm, non_inferiority, split

POLICY = Policy()
RATE, SHARE, SEED = 0.05, 0.01, 2026
WALD = {-0.20: 2_583, -0.10: 10_703, -0.05: 43_531, -0.02: 274_724}
MIX = {"effects": POLICY.harm_effects, "weights": POLICY.harm_weights}


def blocks(
    rng: np.random.Generator, effect: float, *, size: int, count: int, share: float, drift: float
) -> Split:
    """``count`` blocks with ``size`` candidate trials each, at a rate that drifts for both arms."""
    rate = np.clip(RATE * np.exp(drift * np.sin(np.arange(count) / 20)), 0, 1)
    n1, n0 = np.full(count, size), np.full(count, int(size * (1 - share) / share))
    return split(n0, rng.binomial(n0, rate), n1, rng.binomial(n1, rate * (1 + effect)))


def exposure(rng: np.random.Generator, effect: float, paths: int) -> np.ndarray:
    """Candidate impressions until the return, over Wald's limit, of each path."""
    limit = WALD[effect] / (1 - SHARE)
    size, used = max(1, int(limit / 50)), []
    for _ in range(paths):
        data = blocks(rng, effect, size=size, count=400, share=SHARE, drift=0.0)
        crossed = np.flatnonzero(harm(data, **MIX).log_path >= np.log(1 / POLICY.alpha))
        used.append(size * (crossed[0] + 1 if len(crossed) else len(data.candidate_trials)))
    return np.array(used) / limit


def errors(rng: np.random.Generator, paths: int) -> dict[str, float]:
    """Share of paths that ever return at no effect, at +2 %, or prove the margin at the margin."""

    def peaks(effect: float, share: float, judge: object) -> np.ndarray:
        drawn = {"size": 1000, "count": 300, "share": share, "drift": 0.5}
        return np.array([judge(blocks(rng, effect, **drawn)).log_peak for _ in range(paths)])

    alpha, beta = np.log(1 / POLICY.alpha), np.log(1 / POLICY.beta)
    return {
        "returned at 0 %": (peaks(0.0, SHARE, lambda d: harm(d, **MIX)) >= alpha).mean(),
        "returned at +2 %": (peaks(0.02, SHARE, lambda d: harm(d, **MIX)) >= alpha).mean(),
        "proven at -2 %": (
            peaks(-0.02, 0.5, lambda d: non_inferiority(d, margin=POLICY.margin)) >= beta
        ).mean(),
    }


def main() -> None:
    """Print both tables."""
    paths = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rng, begun, console = np.random.default_rng(SEED), time.perf_counter(), Console()
    table = Table("effect", "mean exposure / Wald", "95th percentile", title="until the return")
    for effect in WALD:
        found = exposure(rng, effect, paths)
        table.add_row(f"{effect:.0%}", f"{found.mean():.2f}", f"{np.quantile(found, 0.95):.2f}")
    console.print(table)
    rates = Table("error", "share of paths", title=f"under drift, {paths} paths")
    for name, rate in errors(rng, paths).items():
        rates.add_row(name, f"{rate:.2%}")
    console.print(rates)
    console.print(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
