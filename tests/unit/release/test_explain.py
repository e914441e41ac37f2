"""The policy in plain words."""

from dataclasses import fields, replace

from slipway import lines
from slipway.domain.policy import Policy
from slipway.domain.stage import CANARY_STAGES
from slipway.release.explain import explain, explain_clusters
from slipway.release.explain_predictions import not_forecast


def test_names_every_stage_and_its_numbers():
    """Every stage, its share and the proof it takes are in the text, and follow the policy."""
    line = lines.load("feed")
    text = explain(line)
    assert all(stage.value in text for stage in CANARY_STAGES)
    assert "100 to 1" in text
    assert "5 to 1" in text
    strict = explain(replace(line, policy=replace(Policy(), beta=0.001)))
    assert "1000 to 1" in strict
    assert "the previous champion keeps 5.0% of users until then" in text
    assert "again every 2 days" in text
    none = replace(Policy(), previous_share=0.0, no_previous_because="the answer is binding")
    assert "nobody is held back: the answer is binding" in explain(replace(line, policy=none))


def test_clusters_name_their_road_and_every_number():
    """A line without traffic names its stages and each knob with unit and meaning."""
    line = lines.load_clusters("posts")
    text = explain_clusters(line)
    assert "offered → shadow → approval → champion" in text
    assert "kept_min = 0.95 (fraction of posts)" in text
    assert "rollups 800" in text, "how long things are kept"
    assert len(text.splitlines()) == 3 + len(fields(line.policy))


def test_a_line_that_predicts_is_asked_for_no_lists():
    """The split's words name the line's own outcome and the gates of predictions, none of lists."""
    text = explain(lines.load("bank"))
    assert "offline_loss" in text
    assert "The loss on subscribed at most" in text
    assert "returns the release at once: subscribed, segments" in text
    assert not any(
        word in text for word in ("ndcg", "NDCG", "category mix", "clicks", "interleaved")
    )


def test_a_paired_shadow_decides_and_stages_only_guard():
    """An exogenous outcome is proven in the shadow; no canary asks for harm excluded, nobody is held out."""
    line = lines.load("bike")
    text = explain(line)
    assert "100 to 1 that 2% more loss is excluded, from at least" in text
    assert text.count("quality was decided in the shadow") == len(CANARY_STAGES)
    assert "harm of" not in text
    assert line.policy.no_hold_out_because in text
    assert not_forecast(line.policy, line.primary)
    assert not not_forecast(lines.load("bank").policy, lines.load("bank").primary)
