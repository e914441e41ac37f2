"""Candidate, champion and rules that give one answer, on the same held-out requests."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.artifact.load import own_ranker
from slipway.artifact.ranker import Array, Ranker
from slipway.data.words import name_of
from slipway.domain.held_out import Difference, Ratio, Segment
from slipway.domain.line import Line, ModelRecipe, Recipe
from slipway.domain.model import Fit
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements, SegmentBias
from slipway.domain.release import Arm
from slipway.domain.run import HOLDOUT, TRAIN
from slipway.domain.stability import Chance
from slipway.evaluation import floor, parity
from slipway.evaluation.heldout import CURVE_GROUPS, codes
from slipway.evaluation.latency import Timer, paired_ratio
from slipway.evaluation.prediction_losses import SCORING, Scoring, bias
from slipway.evaluation.versus_champion import SEGMENT_ROWS
from slipway.stats import losses
from slipway.stats.paired import paired_difference
from slipway.training import factory, predictions
from slipway.training.dataset import Frozen
from slipway.training.fingerprint import of_fit
from slipway.training.predictions import AnswerRows

LEAST_FITS = 3
FLOOR_ROWS = 20_000
"""Held-out requests on which the small fits of the noise floor are compared."""


class ScoredAnswers(NamedTuple):
    """One arm's answers float64[n] and their losses float64[n]."""

    answer: Array
    loss: Array


def evaluate(
    snapshot: Frozen,
    line: Line,
    recipe: ModelRecipe,
    candidate: Ranker,
    champion: Ranker | None,
    rules: Ranker,
    *,
    reference: ModelRecipe | None = None,
    otherwise: bool = False,
    timer: Timer = time.perf_counter,
) -> PredictionMeasurements:
    """Measure all arms on the snapshot's held-out rows; arguments as for rankings.

    Everything but the latency ratio is a function of the arguments. Raises BadInput for a snapshot
    nothing can be measured on, and NotComputable for a measurement that is undefined there.
    """
    frame = predictions.load(snapshot.path, line, snapshot.digest)
    train, rows = (predictions.rows_of(frame, line, part) for part in (TRAIN, HOLDOUT))
    scoring = SCORING[line.primary.kind]
    arms = {Arm.CANDIDATE: _answered(candidate, rows, scoring)}
    if champion is not None:
        arms[Arm.CHAMPION] = _answered(champion, rows, scoring)
    arms[Arm.RULES] = _answered(rules, rows, scoring)
    compared, mismatches = parity.mismatches(candidate, rows.features)
    own, known = (predictions.fit_of(line, r) if r else None for r in (recipe, reference))
    readable = line.readable_by_trees(recipe.inputs)
    stand_in = predictions.fit_of(line, Recipe("trees on its inputs", readable))
    basis = known or own or stand_in
    chance, fits = _chance(line, basis, train, rows, scoring) if basis else ({}, 0)
    changed = otherwise or bool(known and own and of_fit(known) != of_fit(own))
    spread = chance["loss"].seed if chance else 0.0
    user = codes(rows.user)
    mine, theirs = arms[Arm.CANDIDATE], arms[Arm.RULES]
    return PredictionMeasurements(
        interval_end=snapshot.end,
        rows=len(rows),
        users=int(user.max()) + 1,
        has_champion=champion is not None,
        outcome=line.primary.name,
        loss_name=scoring.name,
        loss={arm.value: float(found.loss.mean()) for arm, found in arms.items()},
        miscalibration={a.value: scoring.level(f.answer, rows.outcome) for a, f in arms.items()},
        loss_diff_rules=Difference(*paired_difference(mine.loss, theirs.loss, user)),
        parity_rows=compared,
        parity_mismatches=mismatches,
        seed_spread_candidate=spread,
        details=_details(scoring, arms, rows),
        threshold=_threshold(line),
        chance=chance,
        refits=fits,
        recipe_changed=changed,
        seeds_unknown=own is None,
        calibration_curve=_curve(mine.answer, rows.outcome),
        **(_beside(line, rows, user, arms, spread) if champion is not None else {}),
        latency_ratio=_timed(candidate, champion, rows, timer) if champion else None,
    )


def _answered(ranker: Ranker, rows: AnswerRows, scoring: Scoring) -> ScoredAnswers:
    answer = ranker.score(rows.features)[0]
    return ScoredAnswers(answer, scoring.loss(answer, rows.outcome))


def _details(
    scoring: Scoring, arms: Mapping[Arm, ScoredAnswers], rows: AnswerRows
) -> dict[str, dict[str, float]]:
    return {
        name: {arm.value: measure(found.answer, rows.outcome) for arm, found in arms.items()}
        for name, measure in scoring.details.items()
    }


def _threshold(line: Line) -> float | None:
    return line.policy.threshold if isinstance(line.policy, PredictionPolicy) else None


def _timed(candidate: Ranker, champion: Ranker, rows: AnswerRows, timer: Timer) -> Ratio:
    return Ratio(*paired_ratio(candidate, champion, rows.features, 1, timer))


def _beside(
    line: Line,
    rows: AnswerRows,
    user: npt.NDArray[np.intp],
    arms: Mapping[Arm, ScoredAnswers],
    spread: float,
) -> dict[str, Any]:
    """The candidate against the champion: loss, segments, and how far answers and decisions moved."""
    mine, theirs = arms[Arm.CANDIDATE], arms[Arm.CHAMPION]
    threshold = _threshold(line)
    segments, biases = [], []
    for name, keep in _segments(line, rows):
        if keep.sum() < SEGMENT_ROWS or len(np.unique(user[keep])) < 2:  # noqa: PLR2004 - a spread
            continue
        found = paired_difference(mine.loss[keep], theirs.loss[keep], user[keep])
        segments.append(Segment(name, found.mean, found.se, int(keep.sum())))
        before, after = (bias(arm.answer[keep], rows.outcome[keep]) for arm in (theirs, mine))
        biases.append(SegmentBias(name, before, after, int(keep.sum())))
    return {
        "loss_diff_champion": Difference(*paired_difference(mine.loss, theirs.loss, user)),
        "seed_spread_champion": spread,
        "segments": tuple(segments),
        "biases": tuple(biases),
        "shift": losses.shift(theirs.answer, mine.answer),
        "flips": None if threshold is None else losses.flips(theirs.answer, mine.answer, threshold),
    }


def _segments(line: Line, rows: AnswerRows) -> Iterable[tuple[str, npt.NDArray[np.bool_]]]:
    for name in line.segments:
        values, words = rows.column(line, name), line.column(name).words
        for code in np.unique(values[~np.isnan(values)]):
            yield f"{name}={name_of(words, code)}", values == code


def _curve(answer: Array, outcome: Array) -> tuple[tuple[float, float, int], ...]:
    """Mean answer, mean outcome and rows of groups of equal size, by rising answer."""
    order = np.argsort(answer, kind="stable")
    return tuple(
        (float(answer[part].mean()), float(outcome[part].mean()), len(part))
        for part in np.array_split(order, CURVE_GROUPS)
        if len(part)
    )


def _chance(
    line: Line, recipe: Fit, train: AnswerRows, rows: AnswerRows, scoring: Scoring
) -> tuple[dict[str, Chance], int]:
    """The noise floor of loss, shift and flips: small fits on quarters of the users, and other seeds."""
    budget = int(line.policy.noise_budget * floor.FITS_PER_TRAINING)
    quarter = _quarters(train)
    some = rows.where(slice(None, None, max(1, len(rows) // FLOOR_ROWS)))
    fits, answers = [], []
    for part, seed in floor.layout(max(LEAST_FITS, budget)):
        examples = predictions.examples_of(train.where(quarter == part))
        model, _ = factory.fitted(line, recipe, examples, line.primary.kind, recipe.seeds[seed])
        ranker = own_ranker(model, line, ())
        fits.append(floor.Answered(part, seed, ranker))
        answers.append(ranker.score(some.features)[0])
    numbers = [{"loss": float(scoring.loss(a, some.outcome).mean())} for a in answers]
    threshold = _threshold(line)

    def apart(i: int, j: int) -> dict[str, float]:
        found = {"shift": losses.shift(answers[i], answers[j])}
        if threshold is not None:
            found["flips"] = losses.flips(answers[i], answers[j], threshold)
        return found

    return floor.chance_of_numbers(fits, numbers) | floor.chance_of_pairs(fits, apart), len(fits)


def _quarters(rows: AnswerRows) -> npt.NDArray[np.intp]:
    """The quarter of each row [n]; rows of a user stay together where there are users enough."""
    user = codes(rows.user)
    many = int(user.max()) + 1
    unit = user if many >= floor.PARTS * 10 else np.arange(len(rows))
    drawn = np.random.default_rng(floor.SEED).permutation(int(unit.max()) + 1)
    quarter: npt.NDArray[np.intp] = drawn[unit] * floor.PARTS // len(drawn)
    return quarter
