#!/usr/bin/env bash
# A missing category that scikit-learn's encoders learned from a table is unknown to them in a request of one row.
# Expected: a row's answer depends on the row and on what was learned, not on the rows beside it.
# Seen: 50 of 200 rows had no channel, and each was a yes. Beside a row with a channel such a row gets .94, alone .50:
#   pandas makes text with gaps (NaN) of a table, and objects with None of one row without a value. OneHotEncoder answers
#   None by zeros, OrdinalEncoder by its word for unknown, TargetEncoder by the mean, SimpleImputer leaves it; CatBoostEncoder
#   and LeaveOneOutEncoder of category_encoders answer NaN. The table is all default types, and nothing warns.
# With: scikit-learn 1.9.1, pandas 3.1.1, category_encoders 2.11.2, numpy 2.4.6, Python 3.11; seen 2026-12-01.
# Matters: offline tests score batches, serving scores one row. Every user without a channel is answered as one of a channel
#   that nobody has seen, and only a comparison row by row with the fitted model finds it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  scikit-learn==1.9.1 pandas==3.1.1 category-encoders==2.11.2 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY' 2> errors || { tail -5 errors; exit 1; }
import category_encoders
import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

table = pd.DataFrame({"channel": ["web", "phone", None, "web"] * 50})
label = np.array([1, 0, 1, 0] * 50)
alone = pd.DataFrame([{"channel": None}])
batch = pd.DataFrame([{"channel": "web"}, {"channel": None}])
encoders = (
    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    TargetEncoder(),
    SimpleImputer(strategy="most_frequent"),
    category_encoders.CatBoostEncoder(),
    category_encoders.LeaveOneOutEncoder(),
)


def last(answer: object) -> list[object]:
    return [v if isinstance(v, str | None) else round(float(v), 2) for v in np.asarray(answer)[-1]]


seen = {}
for encoder in encoders:
    encoder.fit(table, label)
    answers = [last(encoder.transform(rows)) for rows in (alone, batch)]
    seen[type(encoder).__name__] = f"{answers[0]} alone, {answers[1]} in a batch"
model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
model.fit(table, label)
chances = [model.predict_proba(rows)[-1, 1] for rows in (alone, batch)]
seen["a model on OneHotEncoder"] = f"{chances[0]:.2f} alone, {chances[1]:.2f} in a batch"
for name, found in seen.items():
    print(f"{name}: {found}")
assert [*seen.values()] == [
    "[0.0, 0.0, 0.0] alone, [0.0, 0.0, 1.0] in a batch",
    "[-1.0] alone, [nan] in a batch",
    "[0.5] alone, [1.0] in a batch",
    "[None] alone, ['web'] in a batch",
    "[nan] alone, [0.99] in a batch",
    "[nan] alone, [1.0] in a batch",
    "0.50 alone, 0.94 in a batch",
], "no longer as described"
PY
