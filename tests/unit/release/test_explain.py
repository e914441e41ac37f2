"""The policy in plain words."""

from dataclasses import replace

from pipeline import lines
from pipeline.domain.policy import Policy
from pipeline.domain.stage import CANARY_STAGES
from pipeline.release.explain import explain


def test_names_every_stage_and_its_numbers():
    """Every stage, its share and the proof it takes are in the text, and follow the policy."""
    line = lines.load("feed")
    text = explain(line)
    assert all(stage.value in text for stage in CANARY_STAGES)
    assert "100 to 1" in text
    assert "5 to 1" in text
    strict = explain(replace(line, policy=replace(Policy(), beta=0.001)))
    assert "1000 to 1" in strict
