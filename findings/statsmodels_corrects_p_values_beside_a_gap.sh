#!/usr/bin/env bash
# One test that could not be computed (p = NaN) decides, in statsmodels, over the others of its family.
# Expected: multipletests() raises on NaN, as scipy.stats.false_discovery_control does, or leaves it out.
# Seen: for p = 1e-6, NaN, .5, 1e-5 Hommel rejects nothing (without the NaN two); Benjamini-Hochberg rejects the right
#   two but gives NaN for every corrected p, so that "p < .05" is true of none. Holm and Bonferroni count the NaN
#   as a test: the smallest p is multiplied by 4, not by 3. No warning.
# With: statsmodels 0.15.0, scipy 1.17.1, numpy 2.4.6, Python 3.11; seen 2026-12-01.
# Matters: a guardrail without events in one arm gives NaN. It then takes the harm that the other guardrails
#   proved out of the page: an alarm that is silent because one metric had no data.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  statsmodels==0.15.0 scipy==1.17.1 numpy==2.4.6 pandas==3.1.1
cd "$folder"
venv/bin/python - <<'PY'
import warnings

warnings.simplefilter("ignore")
import numpy as np
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

gap = [1e-6, float("nan"), 0.5, 1e-5]
seen = {}
for method in ("hommel", "fdr_bh", "holm", "bonferroni"):
    rejected, corrected = multipletests(gap, method=method)[:2]
    below = int(np.sum(corrected < 0.05))
    seen[method] = (int(rejected.sum()), below, int(multipletests([1e-6, 0.5, 1e-5], method=method)[0].sum()))
    print(f"{method}: rejected {seen[method][0]}, corrected p below .05: {below},"
          f" rejected without the gap {seen[method][2]}; corrected {corrected}")
try:
    false_discovery_control(gap)
    refused = "no"
except ValueError as error:
    refused = str(error)
print(f"scipy: {refused}")
assert seen == {"hommel": (0, 0, 2), "fdr_bh": (2, 0, 2), "holm": (2, 2, 2), "bonferroni": (2, 2, 2)}, \
    "no longer as described"
assert round(multipletests(gap, method="holm")[1][0] * 1e6, 6) == 4.0 and refused != "no"
PY
