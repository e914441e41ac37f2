#!/usr/bin/env bash
# The log loss of the same probabilities falls by more than half when they are stored as float32.
# Expected: the same number but for its last digits; probabilities of 0 and 1 are exact in both widths.
# Seen: scikit-learn cuts probabilities at the smallest step of their own type: a sure miss costs 36.0 in float64, 15.9 in
#   float32 and 6.9 in float16. With 1 % of sure misses beside right answers the loss is .36 or .16.
# With: scikit-learn 1.9.1, numpy 2.4.6, Python 3.11; seen 2026-12-01.
# Matters: XGBoost and ONNX answer float32, scikit-learn float64, Parquet either. A candidate that is as wrong as the
#   champion "wins" by its type, and "loss no more than 2 % worse" never fails.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cd "$folder"
venv/bin/python - <<'PY'
import numpy as np
from sklearn.metrics import log_loss

label = np.zeros(1000, dtype=int)
sure = np.zeros(1000)
sure[:10] = 1.0  # ten sure misses, all others right
seen = {}
for kind in (np.float64, np.float32, np.float16):
    miss = log_loss([0, 1], np.array([1.0, 1.0], dtype=kind)) * 2
    seen[kind.__name__] = (round(float(miss), 1), round(float(log_loss(label, sure.astype(kind), labels=[0, 1])), 2))
    print(f"{kind.__name__}: a sure miss costs {seen[kind.__name__][0]}, 1 % of them {seen[kind.__name__][1]}")
assert seen == {"float64": (36.0, 0.36), "float32": (15.9, 0.16), "float16": (6.9, 0.07)}, "no longer as described"
PY
