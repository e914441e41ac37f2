#!/usr/bin/env bash
# Without any data GrowthBook's Bayesian test reports a risk of zero.
# Expected: with no users in an arm, or no conversion in the control, the risk of choosing the candidate is unknown.
# Seen: risk [0, 0], expected lift 0, interval [0, 0], chance to win .5; the one difference is the field error_message.
#   The same where the control has no conversion yet and the candidate 5 of 100, or the other way round. With
#   data (5 % against 4 %) the risk of the worse arm is .21.
# With: gbstats 0.8.0, Python 3.11; seen 2026-12-01.
# Matters: "release when the risk is below .25 %" is the usual rule for this number. It holds best before the first
#   user came, and in the hour in which a candidate lost all of its conversions.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  gbstats==0.8.0 numpy==1.26.4 scipy==1.17.1 pandas==1.5.3
cd "$folder"
venv/bin/python - <<'PY'
from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig
from gbstats.models.statistics import ProportionStatistic

def judged(control, candidate):
    arms = [ProportionStatistic(n=users, sum=converted) for users, converted in (control, candidate)]
    return EffectBayesianABTest(*arms, EffectBayesianConfig()).compute_result()

cases = {
    "no user": ((0, 0), (0, 0)),
    "no user in the candidate": ((100, 5), (0, 0)),
    "no conversion in the control": ((100, 0), (100, 5)),
    "no conversion in the candidate": ((100, 5), (100, 0)),
    "data": ((1000, 50), (1000, 40)),
}
results = {name: judged(*arms) for name, arms in cases.items()}
for name, r in results.items():
    print(f"{name}: risk {[round(x, 4) for x in r.risk]}, chance {r.chance_to_win:.3f}, {r.error_message}")
for name in list(cases)[:4]:
    r = results[name]
    assert (list(r.risk), r.chance_to_win, list(r.ci)) == ([0.0, 0.0], 0.5, [0.0, 0.0]), name
    assert r.error_message, "no longer as described"
assert round(max(results["data"].risk), 2) == 0.21, "no longer as described"
PY
