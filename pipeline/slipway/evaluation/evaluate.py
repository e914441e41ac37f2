"""Candidate, champion and rules on the same held-out week: everything the offline gates ask."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from slipway.artifact.ranker import Array, Ranker
from slipway.domain.errors import NotComputable
from slipway.domain.line import Line, ModelRecipe, Recipe
from slipway.domain.measurement import Difference, OfflineMeasurements, Ratio
from slipway.domain.model import Adopt, Fit
from slipway.domain.release import Arm
from slipway.domain.run import HOLDOUT, TRAIN
from slipway.domain.stability import Chance, Worth
from slipway.evaluation import heldout, lists, parity, versus_champion
from slipway.evaluation.floor import FITS_PER_TRAINING, chance_of_numbers, refit
from slipway.evaluation.heldout import HeldOut, Scored
from slipway.evaluation.latency import Timer, paired_ratio
from slipway.evaluation.lists import Lists
from slipway.evaluation.model_distance import answers
from slipway.evaluation.scored_once import ScoredOnce
from slipway.evaluation.versus_champion import Floor
from slipway.stats.overlap import top_k_overlap
from slipway.training import dataset
from slipway.training.dataset import Rows
from slipway.training.fingerprint import of_fit

FLOOR_ROWS = 20_000
"""Held-out rows, whole lists, on which the small fits of the noise floor are compared."""

LEAST_FITS = 3
"""Two quarters and a second seed: less says nothing of chance."""


def evaluate(
    snapshot: dataset.Frozen,
    line: Line,
    recipe: ModelRecipe,
    candidate: Ranker,
    champion: Ranker | None,
    rules: Ranker,
    *,
    reference: ModelRecipe | None = None,
    otherwise: bool = False,
    plain: Ranker | None = None,
    timer: Timer = time.perf_counter,
) -> OfflineMeasurements:
    """Measure all arms on the snapshot's held-out rows.

    ``recipe`` is the candidate's, ``reference`` the champion's where it is known: it is fitted again
    on parts of this snapshot, and what these fits differ by is the noise floor. ``otherwise``: the
    champion came about in a way that cannot be fitted again, another claim to be judged. The floor of an
    adopted candidate is the champion's, or that of Slipway's trees on its inputs; of its own seed
    nothing is known. ``plain`` is the
    candidate's fit without the champion's help. Everything but the latency ratio is a function of the
    arguments.

    Raises BadInput for a snapshot nothing can be measured on and NotComputable for a measurement
    that is undefined there.
    """
    frame = dataset.load(snapshot.path, line, snapshot.digest)
    train, rows = (dataset.rows_of(frame, line, part) for part in (TRAIN, HOLDOUT))
    theta = _theta(candidate, line)
    week = HeldOut.of(rows, theta, line.list_length)
    offered = lists.rebuild(rows, line)
    parity_rows, mismatches = parity.mismatches(candidate, rows.features)
    timed_candidate, candidate = candidate, ScoredOnce(candidate)
    timed_champion, champion = champion, ScoredOnce(champion) if champion else None
    plain = ScoredOnce(plain) if plain else None
    arms = _scored(week, train, theta, candidate, champion, rules)
    own, known = _fitted_here(recipe), _fitted_here(reference)
    unknown = own is None
    own = own or known or Recipe("trees on its inputs", line.readable_by_trees(recipe.inputs))
    changed = known is not None and not otherwise and of_fit(known) != of_fit(own)
    floors = _floors(
        line, (known or own, own), changed and not unknown, candidate, train, week, offered
    )
    spreads = [chance_of_numbers(f.fits, [a.numbers for a in f.answers]) for f in floors]
    against: dict[str, Any] = {}
    if champion is not None and timed_champion is not None:
        against = {
            "seed_spread_champion": spreads[0]["log_loss"].seed,
            **versus_champion.losses(line, week, arms[Arm.CANDIDATE], arms[Arm.CHAMPION]),
            **versus_champion.rankings(line, week, offered, theta, candidate, champion, floors[0]),
            "worth": _worth(plain, arms, week, theta, offered, candidate, champion),
            "latency_ratio": Ratio(
                *paired_ratio(
                    timed_candidate, timed_champion, offered.features, offered.item.shape[1], timer
                )
            ),
        }
    return OfflineMeasurements(
        interval_end=snapshot.end,
        rows=len(rows),
        requests=int(week.request.max()) + 1,
        has_champion=champion is not None,
        seed_spread_candidate=spreads[-1]["log_loss"].seed,
        ndcg_seed_spread=spreads[-1]["ndcg"].seed,
        parity_rows=parity_rows,
        parity_mismatches=mismatches,
        chance=_chance(spreads)
        | versus_champion.distances_by_chance(floors[0], versus_champion.sizes(offered)[0]),
        refits=sum(len(floor.fits) for floor in floors),
        recipe_changed=changed or otherwise,
        seeds_unknown=unknown,
        **_quality(week, arms),
        **against,
    )


def _fitted_here(recipe: ModelRecipe | None) -> Recipe | Fit | None:
    """The recipe where it can be fitted again: an adopted model cannot."""
    return None if isinstance(recipe, Adopt) else recipe


def _scored(
    week: HeldOut,
    train: Rows,
    theta: Array,
    candidate: Ranker,
    champion: Ranker | None,
    rules: Ranker,
) -> dict[Arm, Scored]:
    """Every arm's answers on the held-out week."""
    level = heldout.level_of(rules, train, theta)
    arms = {
        Arm.CANDIDATE: heldout.score(candidate, week, theta),
        Arm.RULES: heldout.score(rules, week, theta, level),
    }
    if champion is not None:
        arms[Arm.CHAMPION] = heldout.score(champion, week, theta)
    return arms


def _floors(
    line: Line,
    recipes: tuple[Recipe | Fit, Recipe | Fit],
    changed: bool,
    candidate: Ranker,
    train: Rows,
    week: HeldOut,
    offered: Lists,
) -> list[Floor]:
    """Small fits of the champion's recipe, and of the candidate's where it is another one.

    Two recipes share the budget and meet on the same quarters with the same seeds.
    """
    fits = max(LEAST_FITS, int(line.policy.noise_budget * FITS_PER_TRAINING) // (1 + changed))
    theta, every = np.asarray(candidate.examination), max(1, int(len(week.rows) / FLOOR_ROWS))
    part = HeldOut.of(week.rows.where(week.request % every == 0), theta, line.list_length)
    found = []
    for recipe in recipes[: 1 + changed]:
        small = refit(train, line, recipe, theta, fits)
        found.append(Floor(small, [answers(one.ranker, part, theta, offered) for one in small]))
    return found


def _chance(spreads: Sequence[dict[str, Chance]]) -> dict[str, Chance]:
    """The floors of both recipes as one: their mean squares."""

    def mean(values: Iterable[float]) -> float:
        return float(np.sqrt(np.mean(np.square(list(values)))))

    return {
        name: Chance(*(mean(part) for part in zip(*(one[name] for one in spreads), strict=True)))
        for name in spreads[0]
    }


def _worth(
    plain: Ranker | None,
    arms: dict[Arm, Scored],
    week: HeldOut,
    theta: Array,
    offered: Lists,
    candidate: Ranker,
    champion: Ranker,
) -> Worth | None:
    """What blending with the champion, or an ensemble, paid in quality and won in stability."""
    if plain is None:
        return None
    paid = heldout.compare_loss(arms[Arm.CANDIDATE], heldout.score(plain, week, theta), week)
    ranked = [lists.rank(arm, offered, week.length).item for arm in (candidate, plain, champion)]
    churn, plain_churn = (1 - float(top_k_overlap(one, ranked[2]).mean()) for one in ranked[:2])
    return Worth(paid.mean, paid.se, churn, plain_churn)


def _quality(week: HeldOut, arms: dict[Arm, Scored]) -> dict[str, Any]:
    """Losses, rankings and calibration of all arms, and the candidate against the rules."""
    mine, rules = arms[Arm.CANDIDATE], arms[Arm.RULES]
    return {
        "log_loss": {arm.value: scored.log_loss for arm, scored in arms.items()},
        "ndcg": {arm.value: scored.ndcg for arm, scored in arms.items()},
        "ece": {arm.value: heldout.calibration_error(s, week) for arm, s in arms.items()},
        "calibration_curve": heldout.calibration_curve(mine, week),
        "log_loss_diff_rules": Difference(*heldout.compare_loss(mine, rules, week)),
        "ndcg_diff_rules": Difference(*heldout.compare_ndcg(mine, rules, week)),
    }


def _theta(candidate: Ranker, line: Line) -> Array:
    if len(candidate.examination) != line.list_length:
        raise NotComputable(
            "candidate's examination",
            found=f"{len(candidate.examination)} places",
            expected=f"the {line.list_length} places of a list",
            next_step="train the candidate with this version of the line",
        )
    return np.asarray(candidate.examination, dtype=np.float64)
