"""The Open Inference Protocol as Triton's public Python client speaks it, to the router as a real process."""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1]))

import router_kit as kit

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not all(map(find_spec, ("tritonclient", "geventhttpclient"))),
        reason="tritonclient[http] is not installed: pip install 'tritonclient[http]'",
    ),
]
SENT = {"user": ("BYTES", ["ann"]), "items": ("BYTES", kit.ITEMS[:30])}
OUTPUTS = ("item", "arm", "version")


def tensors(client, binary, sent, shapes=None):
    """The client's own inputs of some values; ``shapes`` are said instead of the true ones."""
    found = []
    for name, (datatype, values) in sent.items():
        tensor = client.InferInput(name, [len(values)], datatype)
        kind = object if datatype == "BYTES" else {"INT64": np.int64, "FP64": np.float64}[datatype]
        tensor.set_data_from_numpy(np.array(values, kind), binary_data=binary)
        if name in (shapes or {}):
            tensor.set_shape(shapes[name])
        found.append(tensor)
    return found


def test_a_public_client_is_answered_as_v1_is_and_told_what_is_wrong(tmp_path):
    """With its defaults and with JSON alone; a wrong model, type, name, shape or version is one line of 4xx."""
    import tritonclient.http as client
    from tritonclient.utils import InferenceServerException

    home = kit.furnish(tmp_path)
    digests = [kit.install(home, "feed", "1")]
    kit.release(home, digests, champion="1", epoch=1)
    with kit.running(home, workers=1, budget_ms=3.6e6) as router:
        router.wait_ready()
        asked = client.InferenceServerClient(f"127.0.0.1:{router.port}")
        assert (asked.is_server_live(), asked.is_server_ready()) == (True, True)
        assert (asked.is_model_ready("feed"), asked.is_model_ready("none")) == (True, False)
        assert asked.get_server_metadata()["name"] == "slipway"
        assert {each["name"] for each in asked.get_model_metadata("feed")["inputs"]} >= set(SENT)
        own = router.http.post(
            "/v1/feed/rank", json={"user": "ann", "items": kit.ITEMS[:30]}
        ).json()
        json_alone = [client.InferRequestedOutput(name, binary_data=False) for name in OUTPUTS]
        for binary, outputs in ((True, None), (False, None), (False, json_alone)):
            found = asked.infer("feed", tensors(client, binary, SENT), outputs=outputs)
            assert found.as_numpy("item").tolist() == [each["item"] for each in own["items"]]
            assert found.as_numpy("arm").tolist() == [own["arm"]]
            assert found.as_numpy("version").tolist() == [own["version"]]
        wrong = [
            ("none", tensors(client, True, SENT), {}, "none"),
            ("feed", tensors(client, True, SENT), {"model_version": "1"}, "versions"),
            ("feed", tensors(client, True, SENT | {"colour": ("INT64", [1])}), {}, "colour"),
            ("feed", tensors(client, True, SENT | {"age_band": ("FP64", [0.5])}), {}, "age_band"),
            ("feed", tensors(client, True, SENT, {"items": [29]}), {}, "items"),
            ("feed", tensors(client, False, SENT, {"user": [1, 3]}), {}, "user"),
        ]
        for model, inputs, words, word in wrong:
            with pytest.raises(InferenceServerException, match=word) as caught:
                asked.infer(model, inputs, **words)
            assert caught.value.status()[:1] == "4"
            assert "\n" not in caught.value.message()
        asked.close()
    exposures, _ = kit.read_log(home)
    assert len(set(exposures["request_id"].to_pylist())) == 4  # what was refused is not there
