"""Candidate, champion and rules are measured on the same rows, and the fates come out right."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import log_loss
from slipway.artifact.load import load_ranker
from slipway.domain.errors import BadInput, NotComputable
from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion
from slipway.evaluation.evaluate import evaluate
from slipway.gates import gates_for, judge
from slipway.training import dataset, examination


def ticking():
    """A timer by which everything takes the same time."""
    return itertools.count().__next__


@pytest.fixture(scope="module")
def measure(snapshot, line, rankers):
    known = {}

    def of(name, champion="champion"):
        if (name, champion) not in known:
            reference, champion_now = rankers[champion] if champion else (None, None)
            known[name, champion] = evaluate(
                snapshot,
                line,
                *rankers[name],
                champion_now,
                rankers["rules"][1],
                reference=reference,
                timer=ticking(),
            )
        return known[name, champion]

    return of


def verdict(gate, measured, line):
    return judge(gate, measured, line.policy).conclusion


def test_log_loss_is_that_of_scikit_learn(measure, rankers, frame, line):
    """The candidate's loss is the textbook log-loss of theta times gamma."""
    rows = dataset.rows_of(frame, line, "holdout")
    ranker = rankers["good"][1]
    gamma, _ = ranker.score(rows.features)
    predicted = examination.at(np.array(ranker.examination), rows.position) * gamma
    assert measure("good").log_loss["candidate"] == pytest.approx(log_loss(rows.clicked, predicted))


def test_measuring_again_gives_the_same_numbers(measure, snapshot, line, rankers):
    """With a given timer every number is a function of snapshot and models."""
    again = evaluate(
        snapshot,
        line,
        *rankers["good"],
        rankers["champion"][1],
        rankers["rules"][1],
        reference=rankers["champion"][0],
        timer=ticking(),
    )
    assert again == measure("good")


def test_measurements_survive_json(measure):
    """What is stored is what was measured."""
    found = measure("good")
    assert OfflineMeasurements.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_a_model_against_itself_differs_in_nothing(measure, snapshot, line, rankers):
    """The champion as its own candidate: no difference, full overlap, ratio one."""
    found = measure("champion")
    assert found.log_loss_diff_champion == (0.0, 0.0)
    assert found.ndcg_diff_champion == (0.0, 0.0)
    assert found.top_k_overlap == 1.0
    assert found.churn == 0.0
    assert found.category_mix_distance == 0.0
    assert found.latency_ratio == (1.0, 1.0, 1.0)
    assert all(segment.mean == 0 for segment in found.segments)


def test_a_model_against_itself_goes_through_every_gate(measure, line):
    """A/A: every gate against the champion passes, on differences of exactly zero."""
    found = measure("champion")
    for gate in gates_for(Stage.OFFERED, has_champion=True):
        assert verdict(gate, found, line) is Conclusion.PASS, gate


def test_a_good_candidate_beats_the_rules_and_keeps_the_lists(measure, line):
    """A model that knows more than the rules passes parity, rules, calibration and stability."""
    found = measure("good")
    for gate in ("parity", "beats_rules", "calibration", "stability", "segments"):
        assert verdict(gate, found, line) is Conclusion.PASS, gate


def test_a_candidate_that_swings_to_genres_fails_stability(measure, line):
    """The mix of genres moves beyond what seeds alone change, though the loss does not."""
    found, good = measure("boosted"), measure("good")
    assert found.category_mix_distance > good.category_mix_distance + line.policy.category_mix_max
    assert verdict("stability", found, line) is Conclusion.FAIL
    assert found.log_loss == good.log_loss
    shares = {name: (before, after) for name, before, after in found.category_mix_by_category}
    assert shares["Comedy"][1] > 2 * shares["Comedy"][0]


def test_a_candidate_that_knows_nothing_fails(measure, line):
    """A model without the films' features is worse than the rules and than the champion."""
    found = measure("blind")
    assert found.log_loss_diff_champion.mean > 0
    assert verdict("beats_rules", found, line) is Conclusion.FAIL
    assert verdict("log_loss", found, line) is Conclusion.FAIL
    assert verdict("ndcg", found, line) is Conclusion.FAIL


def test_a_first_release_is_measured_against_the_rules_alone(measure, line):
    """Without a champion nothing against it is made up, and its gates are not in the panel."""
    found = measure("good", None)
    assert not found.has_champion
    assert found.log_loss_diff_champion is None
    assert found.latency_ratio is None
    assert set(found.log_loss) == {"candidate", "rules"}
    for gate in gates_for(Stage.OFFERED, has_champion=False):
        assert verdict(gate, found, line) is Conclusion.PASS, gate


def test_slower_models_have_a_higher_ratio(snapshot, line, rankers):
    """Ten times the trees on the real clock: the ratio's lower bound is above one."""
    found = evaluate(snapshot, line, *rankers["slow"], rankers["champion"][1], rankers["rules"][1])
    assert found.latency_ratio.lower > 1


def test_genre_shares_are_shares(measure):
    """Both arms' shares sum to one."""
    rows = measure("good").category_mix_by_category
    assert sum(before for _, before, _ in rows) == pytest.approx(1)
    assert sum(after for _, _, after in rows) == pytest.approx(1)


def test_segments_cover_genres_and_age_bands(measure, line):
    """Each value of each segment column with enough rows is there once."""
    names = [segment.name for segment in measure("good").segments]
    assert len(set(names)) == len(names)
    assert {"age_band=0", "age_band=1", "age_band=2", "genre=3"} <= set(names)


def test_parity_is_counted_on_the_fitted_model(measure, rankers, snapshot, line, stored, tmp_path):
    """A model whose stored original is another one is caught row by row."""
    assert measure("good").parity_rows > 0
    assert measure("good").parity_mismatches == 0
    forged = tmp_path / "forged"
    forged.mkdir()
    for name in ("ranker.json", "trees.npz"):
        (forged / name).write_bytes((stored["good"].folder / name).read_bytes())
    (forged / "model.skops").write_bytes((stored["blind"].folder / "model.skops").read_bytes())
    found = evaluate(
        snapshot, line, rankers["good"][0], load_ranker(forged, line), None, rankers["rules"][1]
    )
    assert found.parity_mismatches > 0.9 * found.parity_rows
    assert verdict("parity", found, line) is Conclusion.FAIL


def test_a_candidate_without_examination_is_not_computable(snapshot, line, rankers):
    """A model of a list of another length cannot be judged on this one."""
    recipe, candidate = rankers["good"]
    short = replace(candidate, examination=(1.0, 0.5))
    with pytest.raises(NotComputable, match="examination"):
        evaluate(snapshot, line, recipe, short, None, rankers["rules"][1])


def test_a_held_out_week_of_one_class_is_refused(frame, freeze_table, tmp_path, line, rankers):
    """A week in which nobody clicked measures nothing."""
    dead = frame.assign(clicked=frame["clicked"].where(frame["split"] == "train", 0))
    with pytest.raises(BadInput, match="holdout rows"):
        evaluate(
            freeze_table(dead, tmp_path / "dead.parquet"),
            line,
            *rankers["good"],
            None,
            rankers["rules"][1],
        )
