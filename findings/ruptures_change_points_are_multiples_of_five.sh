#!/usr/bin/env bash
# ruptures finds a change after row 103 at row 105, or at 100 and 105, and in pure noise when its unit changes.
# Expected: the change is found where it is, and a penalty means the same whatever the unit of the metric.
# Seen: Pelt, Binseg and Dynp look at every fifth row only (jump=5): [100, 105] or 105 for a change at 103 that is ten
#   standard deviations high; jump=1 and KernelCPD find 103. With model "l2" the penalty is in squared units: on noise
#   without any change pen=3 finds 0 changes at a deviation of .3 and more than 50 at 3 (milliseconds for 1/10 of it).
# With: ruptures 1.1.10, numpy 2.4.6, scipy 1.17.1, Python 3.11; seen 2026-12-01.
# Matters: a watch that names the hour in which a loop or a regression began is up to two steps off, so it blames
#   the deploy before or after; and a penalty tuned on one metric cries wolf on the next.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  ruptures==1.1.10 numpy==2.4.6 scipy==1.17.1
cd "$folder"
venv/bin/python - <<'PY'
import numpy as np
import ruptures as rpt

rng = np.random.default_rng(0)
change = np.concatenate([np.zeros(103), np.full(97, 3.0)]) + rng.normal(0, 0.3, 200)

def found(search, **knobs):
    return [int(row) for row in search.fit(change).predict(**knobs)[:-1]]

def in_noise(deviation):
    noise = np.random.default_rng(1).normal(0, deviation, 200)
    return len(rpt.Pelt(model="l2", jump=1).fit(noise).predict(pen=3)) - 1

seen = {
    "Binseg": found(rpt.Binseg(model="l2"), n_bkps=1),
    "Dynp": found(rpt.Dynp(model="l2"), n_bkps=1),
    "Pelt": found(rpt.Pelt(model="l2"), pen=3),
    "Pelt, jump=1": found(rpt.Pelt(model="l2", jump=1), pen=3),
    "KernelCPD": found(rpt.KernelCPD(kernel="linear"), n_bkps=1),
    "changes in noise of deviation .3, 1, 3": [in_noise(s) for s in (0.3, 1, 3)],
}
for name, value in seen.items():
    print(f"{name}: {value}")
noise = seen.pop("changes in noise of deviation .3, 1, 3")
assert seen.pop("Pelt") in ([105], [100, 105])
assert seen == {"Binseg": [105], "Dynp": [105], "Pelt, jump=1": [103], "KernelCPD": [103]}, "as described no more"
assert noise[0] == 0 < noise[1] < noise[2] and noise[2] > 50, "the penalty follows the unit no more"
PY
