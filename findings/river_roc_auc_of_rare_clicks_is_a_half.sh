#!/usr/bin/env bash
# river's ROC AUC of a click model is .5, whatever the model.
# Expected: the area over the scores as they are, or an error of some per cent by its grid.
# Seen: metrics.ROCAUC counts at ten thresholds between 0 and 1. Click rates lie below the second one (.11): a model
#   that tells clicks apart perfectly, with scores of .01 and .09, gets .5; 20,000 drawn clicks have .696 and get .5. With
#   n_thresholds=1000 it is .696.
# With: river 0.23.0, numpy (as river brings it), Python 3.11; seen 2026-12-01.
# Matters: .5 reads as "the candidate learned nothing", and champion and candidate are equal to the last digit: a gate
#   that compares them says "no difference" for every pair of models.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  river==0.23.0 typing_extensions==4.16.0
cd "$folder"
venv/bin/python - <<'PY'
import random

from river import metrics

def grid(rows, **knobs):
    auc = metrics.ROCAUC(**knobs)
    for score, clicked in rows:
        auc.update(clicked, score)
    return auc.get()

def exact(rows):
    scores = sorted(score for score, _ in rows)
    assert len(set(scores)) == len(scores)
    place = {score: at for at, score in enumerate(scores, 1)}
    ranks = [place[score] for score, clicked in rows if clicked]
    clicks, others = len(ranks), len(rows) - len(ranks)
    return (sum(ranks) - clicks * (clicks + 1) / 2) / (clicks * others)

draw = random.Random(0)
scores = (min(0.1, draw.betavariate(2, 60)) + draw.random() * 1e-9 for _ in range(20000))
drawn = [(score, draw.random() < score) for score in scores]
perfect = [(0.09, True), (0.01, False)] * 500
seen = {
    "perfect": grid(perfect),
    "drawn": grid(drawn),
    "drawn, 1000 thresholds": round(grid(drawn, n_thresholds=1000), 2),
    "drawn, exact": round(exact(drawn), 2),
}
for name, value in seen.items():
    print(f"{name}: {value}")
assert seen["perfect"] == seen["drawn"] == 0.5, "the default grid sees small scores now"
assert seen["drawn, 1000 thresholds"] == seen["drawn, exact"] > 0.65, "no longer as described"
PY
