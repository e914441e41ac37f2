"""Quality before outcomes: how often the realised value lies where it is expected, and how far off it is.

    python -m tests.benchmarks.quality 100

A past of 6,000 rows and a week of 3,000. The model reads one of two inputs and is a little too steep. "plain" is the
same estimate without weights for rows like those of now: calibrated confidence alone. In "relation" outcomes of the
week follow the inputs otherwise than in the past: no estimate without outcomes can see it, and the rate says how blind.
"""

import json
import sys

import numpy as np
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.estimate import ScoredRows, estimate
from slipway.stats.expected_quality import calibration, measures

SCENES = {
    "as before": {},
    "inputs move by .3 sd": {"moved": 0.3},
    "inputs move by .7 sd": {"moved": 0.7},
    "relation": {"turned": 0.8},
}
NAMES = ("auc", "log_loss", "precision", "recall", "positive_rate")


def rows(rng: np.random.Generator, n: int, moved: float = 0.0, turned: float = 0.0) -> ScoredRows:
    """Rows whose second input, which the model does not read, moves; ``turned`` weakens the first one's effect."""
    x = rng.normal(0, 1, (n, 2)) + moved
    truth = -1.0 + (1 - turned) * x[:, 0] + 0.6 * x[:, 1]
    score = 1 / (1 + np.exp(1.0 - 1.3 * x[:, 0]))
    y = (rng.random(n) < 1 / (1 + np.exp(-truth))).astype(float)
    return ScoredRows(x, score, y)


def main() -> None:
    """One line of JSON for each scene."""
    runs, policy = int(sys.argv[1]), WatchPolicy(threshold=0.4)
    for scene, how in SCENES.items():
        inside, error, plain = (dict.fromkeys(NAMES, 0.0) for _ in range(3))
        known = 0
        for run in range(runs):
            rng = np.random.default_rng(30_000 + run)
            past, now = rows(rng, 6000), rows(rng, 3000, **how)
            found = estimate(past, now, policy)
            if found.undecided:
                continue
            known += 1
            real = measures(now.score, now.outcome, policy.threshold)
            level = calibration(past.score, past.outcome, np.ones(6000))(now.score)
            other = measures(now.score, level, policy.threshold)
            for name in NAMES:
                each = found.measures[name]
                inside[name] += each.lower <= real[name] <= each.upper
                error[name] += abs(each.estimate - real[name])
                plain[name] += abs(other[name] - real[name])
        said = {
            name: {
                "inside": round(inside[name] / max(1, known), 3),
                "mean_error": round(error[name] / max(1, known), 4),
                "plain_mean_error": round(plain[name] / max(1, known), 4),
            }
            for name in NAMES
        }
        sys.stdout.write(json.dumps({"scene": scene, "runs": runs, "decided": known} | said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
