#!/usr/bin/env bash
# An Optuna study that is resumed with the same seed tries the same points again.
# Expected: a stored study goes on where it stopped; the seed makes the whole search repeatable.
# Seen: 5 trials, then 5 more with the same storage and seed: trials 6 to 10 equal 1 to 5, both with RandomSampler and
#   with the default TPESampler (its first ten trials are random). QMCSampler goes on. No warning.
# With: optuna 5.0.0, numpy 2.4.6, sqlalchemy 2.1.9, Python 3.11; seen 2026-12-01.
# Matters: a weekly search, or one that a scheduler starts again after a crash, spends its budget on what it knows; ten
#   trials are five, and the chosen parameters look confirmed because the same number came twice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  optuna==5.0.0 numpy==2.4.6 sqlalchemy==2.1.9 alembic==1.20.1
cd "$folder"
venv/bin/python - <<'PY'
import warnings

warnings.simplefilter("ignore")
import optuna

optuna.logging.disable_default_handler()

def loss(trial):
    depth, rate = trial.suggest_int("depth", 1, 10), trial.suggest_float("rate", 0.01, 1.0)
    return (depth - 4) ** 2 + (rate - 0.3) ** 2

def tried(sampler, parts):
    name = f"{sampler.__name__}{parts}"
    for trials in parts:
        study = optuna.create_study(
            storage="sqlite:///search.db", study_name=name, load_if_exists=True, sampler=sampler(seed=7))
        study.optimize(loss, n_trials=trials)
    return [tuple(trial.params.values()) for trial in study.trials]

samplers = optuna.samplers
for sampler in (samplers.RandomSampler, samplers.TPESampler):
    once, resumed = tried(sampler, [10]), tried(sampler, [5, 5])
    print(f"{sampler.__name__}: {len(set(once))} points of 10 in one go, {len(set(resumed))} of 5 + 5")
    assert len(set(once)) == 10 and resumed[:5] == resumed[5:] == once[:5], "no longer as described"
PY
