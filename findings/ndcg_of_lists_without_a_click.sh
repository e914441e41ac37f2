#!/usr/bin/env bash
# NDCG of the same lists is .25 in one library and .75 in the other.
# Expected: one number, up to the gain (2^label - 1 or label), which is the same for clicks of 0 and 1.
# Seen: a list without any click counts 0 in scikit-learn and 1 in LightGBM, CatBoost and XGBoost (there "ndcg@k-"
#   counts it 0). With labels 0 to 3 they differ again: .796 in scikit-learn (gain = label), .694 in LightGBM and
#   XGBoost (2^label - 1); CatBoost has .796 by default.
# With: scikit-learn 1.9.1, lightgbm 4.7.0, xgboost-cpu 3.2.0, numpy 2.4.6, Python 3.11; seen 2026-12-01.
#   CatBoost 1.2.10's utils.eval_metric was seen beside it and is not run here.
# Matters: most lists have no click. The training log then shows .9 for a useless ranker, an evaluation by
#   scikit-learn .1; a model that clears a limit in one of them does not in the other.
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

def lightgbm(labels, scores, lists):
    data = lgb.Dataset(np.zeros((len(labels), 1)), label=labels, group=lists, init_score=scores)
    knobs = {"objective": "lambdarank", "metric": "ndcg", "eval_at": [10], "verbose": -1,
             "num_threads": 1, "learning_rate": STILL, "feature_pre_filter": False}
    told = {}
    lgb.train(knobs, data, 1, valid_sets=[data], callbacks=[lgb.record_evaluation(told)])
    return round(float(told["training"]["ndcg@10"][0]), 3)

def xgboost(labels, scores, lists, metric="ndcg@10"):
    data = xgb.DMatrix(np.zeros((len(labels), 1)), label=labels, base_margin=np.array(scores))
    data.set_group(lists)
    told = {}
    xgb.train({"objective": "rank:ndcg", "eval_metric": metric, "eta": STILL, "nthread": 1}, data, 1,
              evals=[(data, "lists")], evals_result=told, verbose_eval=False)
    return round(told["lists"][metric][0], 3)

clicks, scores = [0, 0, 0, 1, 0, 0], [0.1, 0.2, 0.3, 0.1, 0.2, 0.3]
graded, order = [3, 2, 0, 1], [0.1, 0.9, 0.5, 0.3]
seen = {
    "two lists, one click: scikit-learn": round(ndcg_score([clicks[:3], clicks[3:]], [scores[:3], scores[3:]]), 3),
    "lightgbm": lightgbm(clicks, scores, [3, 3]),
    "xgboost": xgboost(clicks, scores, [3, 3]),
    "xgboost ndcg@10-": xgboost(clicks, scores, [3, 3], "ndcg@10-"),
    "labels 0 to 3: scikit-learn": round(ndcg_score([graded], [order]), 3),
    "lightgbm, graded": lightgbm(graded, order, [4]),
    "xgboost, graded": xgboost(graded, order, [4]),
}
for name, value in seen.items():
    print(f"{name}: {value}")
assert list(seen.values()) == [0.25, 0.75, 0.75, 0.25, 0.796, 0.694, 0.694], "no longer as described"
PY
