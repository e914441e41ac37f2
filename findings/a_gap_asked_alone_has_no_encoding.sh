#!/usr/bin/env bash
# Two target encoders answer a missing category by what they learned of it in a batch, and by NaN in a request of one row.
# Expected: a row's encoding depends on the row and on what was learned, not on the rows beside it.
# Seen: 50 of 200 rows had no channel, and each was a yes. Asked beside a row with a channel CatBoostEncoder answers such a
#   row by .99 and LeaveOneOutEncoder by 1; asked alone both answer NaN. TargetEncoder and MEstimateEncoder answer the same.
# With: category_encoders 2.11.2, pandas 3.1.1, scikit-learn 1.9.1, numpy 2.4.6, Python 3.11; seen 2026-12-01.
# Matters: offline tests score batches, serving scores one row: each test passes, and live every user without a channel
#   reaches the model as NaN, which trees take in silence and answer otherwise. Only a parity test row by row finds it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  category-encoders==2.11.2 pandas==3.1.1 scikit-learn==1.9.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY' 2> errors || { tail -5 errors; exit 1; }
import category_encoders
import numpy as np
import pandas as pd

table = pd.DataFrame({"channel": ["web", "phone", None, "web"] * 50})
label = np.array([1, 0, 1, 0] * 50)
alone = pd.DataFrame([{"channel": None}])
batch = pd.DataFrame([{"channel": "web"}, {"channel": None}])
seen = {}
for name in ("CatBoostEncoder", "LeaveOneOutEncoder", "TargetEncoder", "MEstimateEncoder"):
    encoder = getattr(category_encoders, name)().fit(table, label)
    answers = encoder.transform(alone), encoder.transform(batch)
    seen[name] = tuple(f"{answer['channel'].iloc[-1]:.2f}" for answer in answers)
    print(f"{name}: {seen[name][0]} alone, {seen[name][1]} in a batch")
assert seen == {
    "CatBoostEncoder": ("nan", "0.99"),
    "LeaveOneOutEncoder": ("nan", "1.00"),
    "TargetEncoder": ("0.98", "0.98"),
    "MEstimateEncoder": ("0.99", "0.99"),
}, "no longer as described"
PY
