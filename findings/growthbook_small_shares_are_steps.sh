#!/usr/bin/env bash
# A small share of users is another one, or nobody, in GrowthBook's Python SDK, and user 0 is never asked.
# Expected: a split of .04 % gives about 40 of 100,000 users; every user with an id takes part.
# Seen: with the default hash there are 1,000 buckets: a weight of .0004 gives nobody and .0015 gives .1 % (hashVersion 2
#   gives 41 of 100,000 for .0004). A forced rule with coverage .0004 gives .1 % instead, two and a half times as much. The
#   numeric id 0 is taken for no id: not in the experiment; "0" is.
# With: growthbook 4.0.0, Python 3.11; seen 2026-12-01.
# Matters: the first stage of a cautious release is the smallest share. It is empty and waits for evidence for ever,
#   or exposes more users than was allowed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  growthbook==4.0.0
cd "$folder"
venv/bin/python - <<'PY'
from growthbook import Experiment, GrowthBook

USERS = 100_000

def candidates(weight, **more):
    experiment = Experiment(
        key="release", variations=["control", "candidate"], weights=[1 - weight, weight], **more)
    users = (GrowthBook(attributes={"id": str(user)}) for user in range(USERS))
    return sum(user.run(experiment).value == "candidate" for user in users)

def forced(coverage):
    rule = {"force": True, "coverage": coverage, "hashAttribute": "id"}
    book = GrowthBook(features={"ranker": {"defaultValue": False, "rules": [rule]}})
    on = 0
    for user in range(USERS):
        book.set_attributes({"id": str(user)})
        on += book.is_on("ranker")
    return on

def takes_part(user):
    experiment = Experiment(key="release", variations=["control", "candidate"])
    return GrowthBook(attributes={"id": user}).run(experiment).inExperiment

seen = {
    "weight .0004": candidates(0.0004),
    "weight .0015": candidates(0.0015),
    "weight .0004, hashVersion 2": candidates(0.0004, hashVersion=2),
    "coverage .0004": forced(0.0004),
    "takes part": {repr(user): takes_part(user) for user in (1, 0, "0")},
}
for name, value in seen.items():
    print(f"{name}: {value}")
assert seen["weight .0004"] == 0 and 80 < seen["weight .0015"] < 120, "the default hash has finer steps now"
assert 25 < seen["weight .0004, hashVersion 2"] < 60 and seen["coverage .0004"] > 80, "no longer as described"
assert seen["takes part"] == {"1": True, "0": False, "'0'": True}, "the id 0 is treated otherwise now"
PY
