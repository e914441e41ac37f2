#!/usr/bin/env bash
# A ranker that gives every item the same score has an NDCG of 1 where the clicked item stands first in the file.
# Expected: ties are shared, as scikit-learn does it, or broken at random: a constant score is worth the average.
# Seen: LightGBM and XGBoost rank equal scores in the order of the rows: 1.0 with the click in the first row, .387 with
#   it in the last of five. scikit-learn gives .590 both times.
# With: scikit-learn 1.9.1, lightgbm 4.7.0, xgboost-cpu 3.2.0, numpy 2.4.6, Python 3.11; seen 2026-12-01.
# Matters: logs are often sorted by label or by the place at which the old model showed an item, and young or
#   over-regularised trees tie often. Early stopping and a gate then read the old model's order as merit.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  scikit-learn==1.9.1 lightgbm==4.7.0 xgboost-cpu==3.2.0 numpy==2.4.6 scipy==1.17.1
cd "$folder"
venv/bin/python - <<'PY'
import lightgbm as lgb
import numpy as np
import xgboost as xgb
from sklearn.metrics import ndcg_score

STILL = 1e-12  # the one tree that has to be grown moves no score
NOTHING = np.zeros((5, 1))

def lightgbm(clicks):
    data = lgb.Dataset(NOTHING, label=clicks, group=[5], init_score=np.zeros(5))
    knobs = {"objective": "lambdarank", "metric": "ndcg", "eval_at": [5], "verbose": -1,
             "num_threads": 1, "learning_rate": STILL, "feature_pre_filter": False}
    told = {}
    lgb.train(knobs, data, 1, valid_sets=[data], callbacks=[lgb.record_evaluation(told)])
    return round(float(told["training"]["ndcg@5"][0]), 3)

def xgboost(clicks):
    data = xgb.DMatrix(NOTHING, label=clicks, base_margin=np.zeros(5))
    data.set_group([5])
    told = {}
    xgb.train({"objective": "rank:ndcg", "eval_metric": "ndcg@5", "eta": STILL, "nthread": 1}, data, 1,
              evals=[(data, "lists")], evals_result=told, verbose_eval=False)
    return round(told["lists"]["ndcg@5"][0], 3)

def sklearn(clicks):
    return round(ndcg_score([clicks], [[0.0] * 5]), 3)

first, last = [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]
seen = {rank.__name__: (rank(first), rank(last)) for rank in (sklearn, lightgbm, xgboost)}
for name, value in seen.items():
    print(f"{name}: {value[0]} with the click in the first row, {value[1]} with it in the last")
assert seen == {"sklearn": (0.59, 0.59), "lightgbm": (1.0, 0.387), "xgboost": (1.0, 0.387)}, \
    "no longer as described"
PY
