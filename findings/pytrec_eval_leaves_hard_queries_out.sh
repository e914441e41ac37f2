#!/usr/bin/env bash
# A ranker that answers nothing for its hard queries has a better mean in pytrec_eval; equal scores go by item id.
# Expected: a judged query without an answer counts 0; scores are compared as given; ties keep the given order.
# Seen: of two judged queries the one without answer is missing from the result, so that the mean of what is there is 1.0
#   (an empty list of answers counts 0).
#   Equal scores are ranked by id, last in the alphabet first: the same tie is worth 1/3 for item "a", 1 for "c".
#   Scores are single precision: .9000000002 beside .9000000001 is such a tie.
# With: pytrec-eval-terrier 0.5.11, numpy 2.4.6, Python 3.11; seen 2026-12-01.
# Matters: comparing two rankers by mean(evaluate(run).values()) rewards the one that refuses; ids that carry a
#   date or a seller decide ties, and calibrated scores near 1 tie often.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  pytrec-eval-terrier==0.5.11 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY'
import pytrec_eval

def evaluated(judged, run):
    found = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank"}).evaluate(run)
    return {query: round(values["recip_rank"], 3) for query, values in found.items()}

tie = {"q": {"a": 1.0, "b": 1.0, "c": 1.0}}
seen = {
    "one of two queries answered": evaluated({"easy": {"a": 1}, "hard": {"a": 1}}, {"easy": {"a": 1.0}}),
    "answered by an empty list": evaluated({"easy": {"a": 1}, "hard": {"a": 1}}, {"easy": {"a": 1.0}, "hard": {}}),
    "tie, a relevant": evaluated({"q": {"a": 1}}, tie),
    "tie, c relevant": evaluated({"q": {"c": 1}}, tie),
    "a ahead in the tenth digit": evaluated({"q": {"a": 1}}, {"q": {"a": 0.9000000002, "b": 0.9000000001}}),
}
for name, value in seen.items():
    print(f"{name}: {value}")
empty = seen.pop("answered by an empty list")
assert empty.get("hard", 0.0) == 0.0
assert seen == {
    "one of two queries answered": {"easy": 1.0},
    "tie, a relevant": {"q": 0.333},
    "tie, c relevant": {"q": 1.0},
    "a ahead in the tenth digit": {"q": 0.5},
}, "no longer as described"
PY
