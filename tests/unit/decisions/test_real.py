"""Real experiments are judged as they should be; the data are not part of the project."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks.decisions import real, recorded
from slipway.domain.policy import Policy
from slipway.gates import judge

FOLDER = Path(os.environ.get("EXPERIMENTS", "experiments"))
needs_data = pytest.mark.skipif(
    not (FOLDER / "asos_ab_experiments").is_dir(),
    reason="EXPERIMENTS does not name a folder with asos_ab_experiments and open_bandit",
)


def invented(rate, users=150_000, checkpoints=6):
    """An experiment in which users keep converting: the treatment's hazard is ``rate`` times as high."""
    n = users * np.arange(1, checkpoints + 1)
    frame = {"count_c": n, "count_t": n}
    for arm, hazard in (("c", 0.05), ("t", 0.05 * rate)):
        at_risk, converted, done = 0.0, 0.0, []
        for _ in range(checkpoints):
            at_risk += users
            converted += (at_risk - converted) * hazard
            done.append(converted)
        frame[f"mean_{arm}"] = np.array(done) / n
        frame[f"variance_{arm}"] = frame[f"mean_{arm}"] * (1 - frame[f"mean_{arm}"])
    days = np.arange(1.0, checkpoints + 1)
    return recorded.Experiment("invented", days, {1: pd.DataFrame(frame)})


def test_users_who_converted_are_no_longer_at_risk():
    """Trials are users without a conversion so far; nobody converts twice, and sums are kept."""
    experiment = invented(1.0)
    counts = recorded.conversions(experiment)
    rows = experiment.rows[1]
    total = np.rint(rows["count_c"] * rows["mean_c"]).to_numpy()
    np.testing.assert_array_equal(np.cumsum(counts.successes[:, 0]), total)
    np.testing.assert_array_equal(counts.trials[1:, 0] + total[:-1], rows["count_c"][1:])


@pytest.mark.parametrize(("rate", "decision"), [(0.9, "returned"), (1.0, "released")])
def test_harm_is_returned_early_and_equality_is_released(rate, decision):
    """A tenth fewer conversions return the variant before the end; none fewer release it."""
    found = real.replay(invented(rate), real.asos_policy())
    assert found.decision == decision
    assert found.sample_ratio == "as 50 : 50"
    assert found.day < found.days or decision == "released"
    assert found.agrees is True
    (line,) = real.listed([found]).to_dict("records")
    assert (line["decision"], line["the end agrees"]) == (decision, "yes")


def test_a_decision_that_the_end_contradicts_is_counted():
    """Returned and not worse in the end, or released and worse by the margin: both are errors."""
    worse = {"effect": -0.03, "blamed_z": -3.0, "margin": 0.02}
    better = {"effect": 0.01, "blamed_z": 1.0, "margin": 0.02}
    assert real.agreement("returned", **worse) is True
    assert real.agreement("returned", **better) is False
    assert real.agreement("released", **worse) is False
    assert real.agreement("released", **better) is True
    assert real.agreement("undecided", **worse) is None
    early = real.replay(invented(0.9), real.asos_policy())._replace(agrees=False)
    counts = dict(real.tally([early, early]).to_numpy().tolist())
    assert counts["decisions that the end contradicts"] == 2


@needs_data
def test_the_first_real_experiment_has_a_decision():
    """The files are read, and every gate of the replay concludes."""
    one = recorded.experiments(FOLDER)[0]
    assert real.replay(one, real.asos_policy()).decision in {"returned", "released", "undecided"}


@needs_data
@pytest.mark.parametrize("campaign", ["men", "women"])
def test_two_real_policies_are_compared(campaign):
    """Thompson sampling is not proven to harm clicks beside the uniform policy."""
    live = recorded.bandit(FOLDER, campaign)
    assert live.clicks.trials.sum(axis=0).tolist() == [10_000] * 3
    assert judge("harm", live, Policy()).conclusion.name == "PASS"
