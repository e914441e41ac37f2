#!/usr/bin/env bash
# An early-stopped XGBoost model is two models: the classifier answers with 7 trees, its own booster with 12.
# Expected: early stopping leaves the best trees, as in LightGBM; the booster of a classifier answers as it does.
# Seen: XGBClassifier uses the trees up to the best one; get_booster().predict(), and the saved file loaded as a Booster,
#   use all of them, with the trees that early stopping had refused: up to .28 apart in probability.
#   LightGBM's classifier and booster agree.
# With: xgboost-cpu 3.2.0, lightgbm 4.7.0, scikit-learn 1.9.1, numpy 2.4.6, Python 3.11; seen 2026-12-01.
# Matters: evaluation uses the classifier, servers, compilers and converters load the file as a Booster: what
#   is released is the overfitted model that the evaluation never saw.
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

rng = np.random.default_rng(0)
rows = rng.normal(size=(5000, 4))
label = (rng.random(5000) < 1 / (1 + np.exp(-2 * rows[:, 0]))).astype(int)
early, later = slice(0, 500), slice(2000, None)

extreme = xgb.XGBClassifier(n_estimators=200, early_stopping_rounds=5, n_jobs=1, max_depth=5)
extreme.fit(rows[early], label[early], eval_set=[(rows[later], label[later])], verbose=False)
extreme.save_model("model.json")
loaded = xgb.Booster(model_file="model.json")
light = lgb.LGBMClassifier(n_estimators=200, n_jobs=1, verbose=-1)
light.fit(rows[early], label[early], eval_set=[(rows[later], label[later])],
          callbacks=[lgb.early_stopping(5, verbose=False)])

def apart(classifier, answers):
    return float(np.abs(classifier.predict_proba(rows)[:, 1] - answers).max())

seen = {
    "xgboost trees: used, kept": (extreme.best_iteration + 1, loaded.num_boosted_rounds()),
    "xgboost classifier - booster": round(apart(extreme, extreme.get_booster().inplace_predict(rows)), 2),
    "xgboost classifier - loaded file": round(apart(extreme, loaded.predict(xgb.DMatrix(rows))), 2),
    "lightgbm classifier - booster": apart(light, light.booster_.predict(rows)),
}
for name, value in seen.items():
    print(f"{name}: {value}")
used, kept = seen["xgboost trees: used, kept"]
assert kept > used and seen["xgboost classifier - booster"] > 0.05, "XGBoost's booster stops early now"
assert seen["xgboost classifier - loaded file"] > 0.05 and seen["lightgbm classifier - booster"] < 1e-12
PY
