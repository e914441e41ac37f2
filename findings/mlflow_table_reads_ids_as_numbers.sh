#!/usr/bin/env bash
# A table logged to MLflow does not come back as it was logged.
# Expected: load_table() gives the frame of log_table(): texts as texts, numbers to the last digit.
# Seen: the user "007" comes back as the number 7; a score of 1e-12 as 0.0 and .1234567890123456 with nine or ten
#   digits (cut when written); a text column whose name ends in _at as times, a column of times as text. No warning.
# With: mlflow-skinny 3.17.2 (mlflow is the same), pandas 3.1.1, Python 3.11; seen 2026-12-01.
# Matters: evaluation tables of a release are kept so. Joined again by user they find nobody, and log loss or a
#   comparison bit by bit over the stored scores is another number than the one that was judged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  mlflow-skinny==3.17.2 sqlalchemy==2.1.9 alembic==1.20.1 pandas==3.1.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY'
import logging
import os

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
import mlflow
import pandas as pd

logging.disable(logging.CRITICAL)
mlflow.set_tracking_uri("sqlite:///runs.db")
mlflow.set_experiment("release")
logged = pd.DataFrame({
    "user": ["007", "042"],
    "score": [0.1234567890123456, 1e-12],
    "clicked_at": ["2026-01-02 03:04:05", "2026-01-03 00:00:00"],
    "shown": pd.to_datetime(["2026-01-01", "2026-01-02"]),
})
with mlflow.start_run() as run:
    mlflow.log_table(logged, "scores.json")
loaded = mlflow.load_table("scores.json", run_ids=[run.info.run_id])
seen = {
    "user": loaded.user.tolist(),
    "scores kept to the last digit": (loaded.score == logged.score).tolist(),
    "second score": float(loaded.score[1]),
    "error of the first is": "above 1e-11" if abs(loaded.score[0] - logged.score[0]) > 1e-11 else "small",
    "clicked_at is time": loaded.clicked_at.dtype.kind == "M",
    "shown is time": getattr(loaded.shown.dtype, "kind", "") == "M",
}
for name, value in seen.items():
    print(f"{name}: {value}")
assert seen == {
    "user": [7, 42],
    "scores kept to the last digit": [False, False],
    "second score": 0.0,
    "error of the first is": "above 1e-11",
    "clicked_at is time": True,
    "shown is time": False,
}, "no longer as described"
PY
