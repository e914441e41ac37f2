#!/usr/bin/env bash
# scikit-learn's TargetEncoder takes whole-numbered amounts for classes: one column becomes as many as there are amounts.
# Expected: the mean of an amount is one number for each category, whatever type the amounts have: one column in, one out.
# Seen: with minutes that are whole numbers, ints or floats, one column becomes 60, one for each value that occurred; with
#   the same minutes and one half among them it becomes 1. Counts of clicks become 5 columns in one week and 6 in the next.
# With: scikit-learn 1.9.1, pandas 3.1.1, numpy 2.4.6, Python 3.11; seen 2026-12-01.
# Matters: a weekly retrain fits another model shape whenever a count occurs for the first time, and nothing is said: the
#   encoder's target_type is guessed from the values of that week. Say target_type="continuous" for any amount.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  scikit-learn==1.9.1 pandas==3.1.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY'
import numpy as np
import pandas as pd
from sklearn.preprocessing import TargetEncoder

draw = np.random.default_rng(0)
column = pd.DataFrame({"shop": draw.choice(["a", "b", "c"], 600)})
minutes = np.repeat(np.arange(60), 10)
clicks = np.r_[np.arange(5), draw.integers(0, 5, 595)]
one_more = clicks.copy()
one_more[-6:] = 5


def width(amounts: np.ndarray, **given: str) -> int:
    return TargetEncoder(**given).fit_transform(column, amounts).shape[1]


seen = {
    "whole minutes": width(minutes),
    "whole minutes as floats": width(minutes.astype(float)),
    "one of them a half more": width(np.r_[minutes[:-1], 0.5]),
    "clicks of this week": width(clicks),
    "of the next, with one count more": width(one_more),
    "whole minutes, said to be continuous": width(minutes, target_type="continuous"),
}
for name, columns in seen.items():
    print(f"{name}: {columns} column(s)")
assert list(seen.values()) == [60, 60, 1, 5, 6, 1], "no longer as described"
PY
