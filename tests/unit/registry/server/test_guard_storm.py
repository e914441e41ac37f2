"""A storm of writes by a hostile pipeline: whatever it tries, nothing unapproved ever leads."""

import contextlib
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

VERSIONS = st.sampled_from(["1", "2", "3"])  # 1 waits, 2 is approved in mid-storm, 3 is a backfill
TAGS = st.sampled_from(
    ["review", "slipway.attestation", "origin", "author", "stage", "evidence_digest", "note"]
)
VALUES = st.sampled_from(
    ["approve 01234567 me", "manual", "approval", "champion", "0123456789abcdef" * 4, "slipway"]
)
PLACES = st.sampled_from(["champion", "candidate", "previous_champion"])
WRITES = st.one_of(
    st.tuples(st.just("tag"), VERSIONS, TAGS, VALUES | st.just("copy")),
    st.tuples(st.just("untag"), VERSIONS, TAGS),
    st.tuples(st.just("alias"), VERSIONS, st.sampled_from(["champion", "candidate", "x"])),
    st.tuples(st.just("release"), VERSIONS, PLACES, st.integers(0, 3)),
    st.tuples(st.just("describe"), VERSIONS),
    st.tuples(st.just("approve")),
)


def attempt(desk, write):
    """Try one write as the service account (or the approval of version 2 by a reviewer)."""
    from mlflow.exceptions import MlflowException

    kind, *args = write
    with contextlib.suppress(MlflowException), desk.as_user("slipway") as store:
        if kind == "tag":
            version, key, value = args
            copied = desk.tags("2").get(key, "") if value == "copy" else value
            desk.tag("slipway", version, key, copied)
        elif kind == "untag":
            store.delete_model_version_tag("feed", *args)
        elif kind == "alias":
            store.set_registered_model_alias("feed", args[1], args[0])
        elif kind == "release":
            state = dict.fromkeys(("champion", "candidate", "rules", "previous_champion"))
            state |= {"line": "feed", "epoch": args[2], "stage": "", "share": 0, args[1]: args[0]}
            desk.model_tag("slipway", "slipway.release", json.dumps(state))
        elif kind == "describe":
            store.update_model_version("feed", args[0], "another page")
        else:
            desk.tag("ruth", "2", "review", "approve 01234567 reads well")


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(writes=st.lists(WRITES, min_size=5, max_size=25))
def test_no_sequence_of_writes_lets_an_unapproved_version_lead(new_desk, writes):
    """Only version 2, and only after a reviewer approved it, is ever champion anywhere."""
    desk = new_desk()
    for origin in ("manual", "manual", "backfill"):
        desk.waiting(origin=origin)
    for write in writes:
        attempt(desk, write)
        model = desk.store.get_registered_model("feed")
        shown = json.loads(model.tags.get("slipway.release", "{}"))
        leading = {shown.get("champion"), shown.get("previous_champion")}
        leading.add(desk.aliases().get("champion"))
        reviewed = "slipway.attestation" in desk.tags("2")
        assert leading <= ({None, "2"} if reviewed else {None})
        assert "3" not in {*desk.aliases().values(), *leading, shown.get("candidate")}
        assert "slipway.attestation" not in {*desk.tags("1"), *desk.tags("3")}
