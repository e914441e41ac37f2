#!/usr/bin/env bash
# Airflow's LocalExecutor undoes the gc.freeze() of whoever preloaded imports for its tasks.
# Expected: objects that were frozen before the executor starts stay frozen, so that tasks, which are forks, go on sharing
#   their memory; an executor that freezes for its own forks gives back what it froze itself.
# Seen: start() freezes, forks its workers and calls gc.unfreeze(), which is for the whole process: 0 objects are
#   frozen afterwards. The next full collection writes to each of them, and every page is copied.
# With: apache-airflow-core 3.3.2, Python 3.11; seen 2026-12-01.
# Matters: weekly retrains import pandas, scikit-learn and MLflow in each task. Preloading them in the scheduler saves
#   seconds and memory only until its first collection; here the scheduler and six idle workers took 590 MB in place of 391.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  apache-airflow-core==3.3.2 apache-airflow-task-sdk==1.3.2
cd "$folder"
export AIRFLOW_HOME="$folder/airflow"
venv/bin/python - <<'PY' 2> errors || { tail -5 errors; exit 1; }
import gc

from airflow.executors.local_executor import LocalExecutor

gc.collect()
gc.freeze()
ours = gc.get_freeze_count()
executor = LocalExecutor(parallelism=1)
executor.start()
after = gc.get_freeze_count()
executor.end()
print(f"frozen before the executor started: {'some' if ours > 100_000 else ours}; after: {after}")
assert ours > 100_000
assert after == 0, "no longer as described"
PY
