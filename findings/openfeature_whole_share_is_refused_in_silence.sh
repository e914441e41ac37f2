#!/usr/bin/env bash
# A share of 1 is answered with the default, and a switch is taken for a number, by OpenFeature's Python client.
# Expected: a float flag may hold 1; a boolean flag is no integer.
# Seen: get_float_value() of a flag that holds 1 gives the default of the call (.05 below); only the details say
#   TYPE_MISMATCH, nothing is raised. get_integer_value() of a boolean flag gives True, without an error.
# With: openfeature-sdk 0.10.0 (its in-memory provider), Python 3.11; seen 2026-12-01.
# Matters: JSON and YAML write a full release as 1 and a stop as 0. At the moment in which the share should be all
#   or nothing, the router goes on with its default: a rollback to 0 leaves 5 % on the candidate.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  openfeature-sdk==0.10.0
cd "$folder"
venv/bin/python - <<'PY'
from openfeature import api
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

held = {"quarter": 0.25, "full": 1, "stopped": 0, "switch": True, "places": 7}
api.set_provider(InMemoryProvider({name: InMemoryFlag("on", {"on": v}) for name, v in held.items()}))
client = api.get_client()

def share(flag):
    details = client.get_float_details(flag, 0.05)
    return details.value, details.error_code and details.error_code.value

seen = {flag: share(flag) for flag in ("quarter", "full", "stopped")}
seen["switch as integer"] = client.get_integer_value("switch", 3)
seen["its error"] = client.get_integer_details("switch", 3).error_code
seen["integer as switch"] = client.get_boolean_value("places", False)
for name, value in seen.items():
    print(f"{name}: {value}")
assert seen == {
    "quarter": (0.25, None),
    "full": (0.05, "TYPE_MISMATCH"),
    "stopped": (0.05, "TYPE_MISMATCH"),
    "switch as integer": True,
    "its error": None,
    "integer as switch": False,
} and seen["switch as integer"] is True, "no longer as described"
PY
