#!/usr/bin/env bash
# The value that MLflow shows of a metric is not the one that was logged last.
# Expected: a metric logged again replaces what get_run() and the page show; the history keeps both.
# Seen: shown is the one with the largest step, then the latest time, then the LARGER value. A run that goes on from
#   step 0 after a restart shows its old value for ever; of two values of one millisecond the larger one wins; a
#   NaN logged after .5 in that millisecond is kept in the history and not shown. The same value again adds no line.
# With: mlflow-skinny 3.17.2 on SQLite, Python 3.11; seen 2026-12-01.
# Matters: a loss that is evaluated again and got better is not shown, an AUC that got worse is not shown either:
#   who promotes by the run's metric judges the better of two numbers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  mlflow-skinny==3.17.2 sqlalchemy==2.1.9 alembic==1.20.1 pandas==3.1.1
cd "$folder"
venv/bin/python - <<'PY'
import logging
import os

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
from mlflow import MlflowClient

logging.disable(logging.CRITICAL)
client = MlflowClient("sqlite:///runs.db")
run = client.create_run(client.create_experiment("e", artifact_location="file:///nowhere")).info.run_id

def shown(name, *points):
    for value, step, time in points:
        client.log_metric(run, name, value, step=step, timestamp=time)
    return client.get_run(run).data.metrics[name], len(client.get_metric_history(run, name))

seen = {
    "auc .9 at step 10, later .5 at step 0": shown("auc", (0.9, 10, 1000), (0.5, 0, 2000)),
    "auc .9, then .5 in the same millisecond": shown("again", (0.9, 0, 1000), (0.5, 0, 1000)),
    "loss .5, then .4 in the same millisecond": shown("loss", (0.5, 0, 1000), (0.4, 0, 1000)),
    "loss .5, then nan in the same millisecond": shown("nan", (0.5, 0, 1000), (float("nan"), 0, 1000)),
    "loss .5 twice": shown("twice", (0.5, 0, 1000), (0.5, 0, 1000)),
}
for name, value in seen.items():
    print(f"{name}: shown {value[0]}, in the history {value[1]}")
assert list(seen.values()) == [(0.9, 2), (0.9, 2), (0.5, 2), (0.5, 2), (0.5, 1)], "no longer as described"
PY
