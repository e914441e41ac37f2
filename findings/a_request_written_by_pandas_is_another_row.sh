#!/usr/bin/env bash
# A row sent as DataFrame.to_json() gets another score than the row itself.
# Expected: JSON keeps doubles to the last digit (Python's json module and orjson do), so the server sees the same row.
# Seen: to_json() keeps ten decimals: .1234567890123456 is sent as .123456789 and a rate of 1e-12 as 0.0. Boosted trees
#   fitted on rates below 1e-10 answer otherwise for 100 of 200 of their own training rows.
#   double_precision goes up to 15, which is not all digits either.
# With: pandas 3.1.1, scikit-learn 1.9.1, numpy 2.4.6, Python 3.11; seen 2026-12-01.
# Matters: to_json(orient="split") is how requests to MLflow's scoring server are commonly built. A parity
#   check between batch and served scores fails for a reason that is in neither model nor server.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  pandas==3.1.1 scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cd "$folder"
venv/bin/python - <<'PY'
import json

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

rates = np.arange(1, 201) * 1e-13
rows, label = pd.DataFrame({"rate": rates}), np.arange(200) >= 100
trees = HistGradientBoostingClassifier(max_iter=10, early_stopping=False).fit(rows, label)

def sent(text):
    body = json.loads(text)
    return pd.DataFrame(body["data"], columns=body["columns"], dtype=float)

def changed(text):
    return int((trees.predict(sent(text)) != trees.predict(rows)).sum())

exact = json.dumps({"columns": ["rate"], "data": rows.to_numpy().tolist()})
third = pd.DataFrame({"x": [1 / 3]})
seen = {
    "as sent": pd.DataFrame({"x": [0.1234567890123456, 1e-12]}).to_json(orient="values"),
    "other answers after to_json": changed(rows.to_json(orient="split")),
    "other answers after json.dumps": changed(exact),
    "15 digits keep a third": json.loads(third.to_json(orient="values", double_precision=15))[0][0] == 1 / 3,
}
for name, value in seen.items():
    print(f"{name}: {value}")
assert seen == {
    "as sent": "[[0.123456789],[0.0]]",
    "other answers after to_json": 100,
    "other answers after json.dumps": 0,
    "15 digits keep a third": False,
}, "no longer as described"
PY
