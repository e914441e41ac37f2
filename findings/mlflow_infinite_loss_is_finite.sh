#!/usr/bin/env bash
# A loss that ran to infinity is a finite number in MLflow.
# Expected: a metric of inf comes back as inf, as nan comes back as nan, or is refused.
# Seen: +inf comes back as 1.7976931348623157e+308 and -inf as its negative; math.isinf() of them is false, and
#   filters take them for numbers. nan comes back as nan. No warning.
# With: mlflow-skinny 3.17.2 on SQLite (over HTTP the same was seen), Python 3.11; seen 2026-12-01.
# Matters: a check for "loss is finite" before a promotion passes on a diverged run, means over runs become 1e307,
#   and a search for the smallest value begins with a run whose log-likelihood was -inf.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  mlflow-skinny==3.17.2 sqlalchemy==2.1.9 alembic==1.20.1 pandas==3.1.1
cd "$folder"
venv/bin/python - <<'PY'
import logging
import math
import os

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
from mlflow import MlflowClient

logging.disable(logging.CRITICAL)
client = MlflowClient("sqlite:///runs.db")
experiment = client.create_experiment("e", artifact_location="file:///nowhere")
for name, value in {"good": 0.3, "up": math.inf, "down": -math.inf, "none": math.nan}.items():
    client.log_metric(client.create_run(experiment, run_name=name).info.run_id, "loss", value)

def found(**query):
    runs = client.search_runs([experiment], **query)
    return {run.info.run_name: run.data.metrics["loss"] for run in runs}

back = found()
seen = {
    "up": back["up"],
    "down": back["down"],
    "finite": sorted(name for name, value in back.items() if math.isfinite(value)),
    "loss < 0.5": sorted(found(filter_string="metrics.loss < 0.5")),
    "smallest first": list(found(order_by=["metrics.loss ASC"])),
}
for name, value in seen.items():
    print(f"{name}: {value}")
top = 1.7976931348623157e308
assert seen == {
    "up": top,
    "down": -top,
    "finite": ["down", "good", "up"],
    "loss < 0.5": ["down", "good"],
    "smallest first": ["down", "good", "up", "none"],
}, "no longer as described"
PY
