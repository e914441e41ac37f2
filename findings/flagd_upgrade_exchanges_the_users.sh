#!/usr/bin/env bash
# An upgrade of OpenFeature's flagd evaluator gives the candidate to other users.
# Expected: the same flag file, user and weights give the same arm, whichever version evaluates them: hashing is
#   what keeps a user in an arm.
# Seen: of 20,000 users with weights of 500 and 9,500 both versions give the candidate to about 1,000, but to the same
#   ones only by chance (47): 1.0.0 hashes the text, 2.0.0 hashes its CBOR encoding. Nothing in the flag says which.
# With: openfeature-flagd-core 1.0.0 and 2.0.0, mmh3 5.3.1, Python 3.11; seen 2026-12-01.
# Matters: upgraded in the middle of a stage, the candidate's users are exchanged: those with its history are in
#   the control, and a fleet in which both versions run shows the candidate to nearly twice the users of the share.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > arms.py <<'PY'
import json

from openfeature.contrib.tools.flagd.core.targeting.custom_ops import fractional

weights = (["candidate", 500], ["champion", 9500])
print(json.dumps([fractional({}, f"news|7|u{user}", *weights) for user in range(20_000)]))
PY
for version in 1.0.0 2.0.0; do
  python3 -m venv --without-pip "$version"
  python3 -m pip --python "$version/bin/python" install -q --no-compile --disable-pip-version-check \
    "openfeature-flagd-core==$version" openfeature-sdk==0.10.0 mmh3==5.3.1
  "$version/bin/python" arms.py > "$version.json"
done
python3 - <<'PY'
import json
from pathlib import Path

before, after = (json.loads(Path(f"{version}.json").read_text()) for version in ("1.0.0", "2.0.0"))
seen = {
    "candidate's users before": before.count("candidate"),
    "after": after.count("candidate"),
    "the same users": sum(one == two == "candidate" for one, two in zip(before, after)),
    "either": sum("candidate" in both for both in zip(before, after)),
}
for name, value in seen.items():
    print(f"{name}: {value}")
assert list(seen.values()) == [987, 1034, 47, 1974], "no longer as described"
PY
