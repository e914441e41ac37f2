#!/usr/bin/env bash
# XGBoost learns nothing from weights that add up to one, and says nothing.
# Expected: multiplying all weights by one number does not change a model that is not regularised by it much.
# Seen: with weights of 1 the 5,000 rows get 1,483 different answers, with the same weights divided by their sum one
#   answer for all rows. min_child_weight (1) is compared with the sum of weighted second derivatives of a leaf. LightGBM
#   and scikit-learn's HistGradientBoosting learn from the same small weights.
# With: xgboost-cpu 3.2.0, lightgbm 4.7.0, scikit-learn 1.9.1, numpy 2.4.6, Python 3.11; seen 2026-12-01.
# Matters: inverse propensities and importance weights are often normalised to a sum of one. The candidate then answers
#   a constant, its mean is right (calibration passes), and with ties in file order its ranking may look good.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  xgboost-cpu==3.2.0 lightgbm==4.7.0 scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cd "$folder"
venv/bin/python - <<'PY'
import lightgbm as lgb
import numpy as np
import xgboost as xgb
from sklearn.ensemble import HistGradientBoostingClassifier

rng = np.random.default_rng(0)
rows = rng.normal(size=(5000, 4))
label = (rng.random(5000) < 1 / (1 + np.exp(-2 * rows[:, 0]))).astype(int)
ones = np.ones(5000)

def xgboost(weight):
    knobs = {"objective": "binary:logistic", "max_depth": 3, "nthread": 1}
    data = xgb.DMatrix(rows, label, weight=weight)
    return xgb.train(knobs, data, 20).predict(data)

def lightgbm(weight):
    knobs = {"objective": "binary", "verbose": -1, "num_threads": 1}
    return lgb.train(knobs, lgb.Dataset(rows, label, weight=weight), 20).predict(rows)

def sklearn(weight):
    model = HistGradientBoostingClassifier(max_iter=20, early_stopping=False)
    return model.fit(rows, label, sample_weight=weight).predict_proba(rows)[:, 1]

seen = {}
for fit in (xgboost, lightgbm, sklearn):
    seen[fit.__name__] = [len(np.unique(fit(weight))) for weight in (ones, ones / ones.sum())]
    print(f"{fit.__name__}: different answers with weights of 1: {seen[fit.__name__][0]},"
          f" with the same divided by their sum: {seen[fit.__name__][1]}")
assert seen["xgboost"][0] > 1000 and seen["xgboost"][1] == 1, "XGBoost learns of small weights now"
assert min(seen["lightgbm"] + seen["sklearn"]) > 5, "the others learn no more"
PY
