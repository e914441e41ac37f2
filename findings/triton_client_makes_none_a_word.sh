#!/usr/bin/env bash
# Triton's Python client and a missing value: None is sent as the text "None", NaN as JSON that is none.
# Expected: an error, or null, which JSON has for it.
# Seen: ["ann", None] of BYTES leaves as ["ann", "None"], in JSON and in binary alike, without a warning. [1.5, NaN] of
#   FP32 leaves as [1.5,NaN] where JSON is asked for. And an answer's text is str or bytes by how the server sent it.
# With: tritonclient 2.73.0, numpy 2.4.6; Python 3.11; seen 2026-12-01.
# Matters: every visitor without an id is one and the same user "None": one arm for all of them, one cluster in the
#   comparison. A missing category is one that exists. Answers joined with b"..." keys meet no row of "...".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  "tritonclient[http]==2.73.0" numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY'
import json

import numpy as np
import tritonclient.http as triton


def sent(values, datatype, kind, binary):
    tensor = triton.InferInput("x", [len(values)], datatype)
    tensor.set_data_from_numpy(np.array(values, kind), binary_data=binary)
    return triton.InferenceServerClient.generate_request_body([tensor])[0]


def answer(tensor, data=b""):
    head = json.dumps({"model_name": "m", "outputs": [{"name": "y", "datatype": "BYTES", "shape": [1]} | tensor]})
    length = len(head) if data else None
    return triton.InferResult.from_response_body(head.encode() + data, header_length=length).as_numpy("y")[0]


users, binary = (sent(["ann", None], "BYTES", object, how) for how in (False, True))
number = sent([1.5, np.nan], "FP32", np.float32, False)
print(users)
print(binary)
print(number)
assert b'["ann","None"]' in users and binary.endswith(b"\x04\0\0\0None"), "a missing text is no word any more"
assert b"[1.5,NaN]" in number, "NaN is sent otherwise now"
texts = answer({"data": ["ann"]}), answer({"parameters": {"binary_data_size": 7}}, b"\x03\0\0\0ann")
print(texts)
assert texts == ("ann", b"ann"), "an answer's text has one type"
PY
