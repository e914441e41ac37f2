"""The release state: one class, one validator, whoever writes or reads the tag."""

import json
from dataclasses import replace

import pytest
from slipway import lines
from slipway.domain.errors import BadConfig, BadInput
from slipway.domain.stage import Stage
from slipway.registry.server.caller import Caller, Role
from slipway.registry.server.refusals import Refused
from slipway.registry.server.release_permissions import check_release
from slipway.registry.state import MAX_SHARE, ReleaseState

FULL = {
    "line": "feed",
    "epoch": 9,
    "stage": "canary_5",
    "share": 0.05,
    "champion": "3",
    "candidate": "7",
    "rules": "1",
    "previous_champion": "2",
}

LEADING = ("champion", "previous_champion")
UNREADABLE = [
    *("", "[]", "null", "{", "{}", '"feed"'),
    *(json.dumps({k: v for k, v in FULL.items() if k != missing}) for missing in FULL),
    *(
        json.dumps(FULL | {"previous_share": share})
        for share in (-0.1, 0.51, None, True, "0.1", float("nan"), [0.1])
    ),
    *(json.dumps(FULL | {"previous_share": 0.05, who: None}) for who in LEADING),
    *(
        json.dumps(FULL | change)
        for change in (
            {"line": "other"},
            {"epoch": -1},
            {"epoch": "9"},
            {"epoch": True},
            {"epoch": None},
            {"epoch": 10**30},
            {"epoch": 1_000_001},
            {"stage": "sailing"},
            {"stage": None},
            {"stage": ["shadow"]},
            {"share": 2},
            {"share": 0.51},
            {"share": -0.1},
            {"share": None},
            {"share": True},
            {"share": float("nan")},
            {"champion": 3},
            {"candidate": "../../etc"},
            {"candidate": "٣"},
            {"rules": "1/.."},
            {"stage": "shadow"},
            {"stage": "returned"},
            {"stage": ""},
            {"candidate": None},
            {"candidate": None, "share": 0},
        )
    ),
]


def write(text):
    """What the guard says to the service account that writes ``text``."""
    service = Caller("slipway", Role.SERVICE)
    nothing = {"look": lambda *_: None, "verify": lambda _: None, "manifest": lambda _: None}
    check_release(service, "feed", text, None, **nothing)


def test_a_release_tag_is_read_whole():
    """Every key of the tag is understood, and keys of a newer writer are ignored."""
    release = ReleaseState.from_text(json.dumps(FULL | {"newer": 1}), "feed")
    assert release.to_dict() == FULL
    assert release.models == (("feed", "3"), ("feed", "7"), ("feed", "2"), ("feed-rules", "1"))


@pytest.mark.parametrize(
    ("off", "left"),
    [("2", ("3", None)), ("3", ("2", None)), ("7", ("3", "2")), ("23", (None, None))],
)
def test_a_hold_back_ends_with_whoever_of_its_two_is_taken_off(off, left):
    """The previous champion serves everybody or nobody then; a candidate's end leaves it alone."""
    held = ReleaseState.from_text(json.dumps(FULL | {"previous_share": 0.05}), "feed")
    after = held.without(set(off))
    assert (after.champion, after.previous_champion) == left
    assert after.previous_share == (0.05 if off == "7" else 0.0)
    assert ReleaseState.from_text(after.to_text(), "feed") == after


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_the_router_refuses_the_guard_refuses(text):
    """A tag that cannot be understood is never stored, and if it were, the last state would stay."""
    with pytest.raises(BadInput) as read:
        ReleaseState.from_text(text, "feed")
    with pytest.raises(Refused) as written:
        write(text)
    assert (written.value.status, str(written.value)) == (400, str(read.value))


@pytest.mark.parametrize("stage", list(Stage))
def test_a_state_without_traffic_may_be_in_any_stage(stage):
    """Only a live stage sends users to the candidate; only the shadow scores without answering."""
    release = ReleaseState.from_text(json.dumps(FULL | {"stage": stage, "share": 0}), "feed")
    assert release.in_shadow is (stage == "shadow")
    assert ReleaseState.from_text(release.to_text(), "feed") == release


def test_every_share_that_a_policy_may_say_can_be_shown():
    """The bound of the tag is the bound of the policy: half of the users."""
    rule = replace(lines.load("feed").policy.rule(Stage.CANARY_50), share=MAX_SHARE)
    assert ReleaseState("feed", 1, rule.stage, rule.share, candidate="1").share == MAX_SHARE
    with pytest.raises(BadConfig):
        replace(rule, share=MAX_SHARE + 0.01)


def test_a_tag_of_the_first_edition_is_read():
    """What the first edition wrote, byte for byte, is understood and written the same."""
    text = (
        '{"line": "feed", "epoch": 4, "stage": "canary_25", "share": 0.25, "champion": "1",'
        ' "candidate": "2", "rules": "1", "previous_champion": null}'
    )
    assert ReleaseState.from_text(text, "feed").to_text() == text
