"""A table meets its expectations, does not meet them, or cannot be checked: three answers."""

import json
from dataclasses import replace
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
import pytest
from slipway.domain.errors import BadConfig, NotComputable, ValidationFailed
from slipway.kinds import kind_of
from slipway.settings import Settings
from slipway.steps import context
from slipway.validation import generate, suite_files
from slipway.validation import suite as suites
from slipway.validation.check import check, stop
from slipway.validation.checkpoint import checkpoints
from slipway.validation.result import ValidationResult

SUITES = Settings.from_environment({}).suites
CUT = "2026-01-26T12:00:00+00:00"


def suite_of(type_, **kwargs):
    expectation = {"type": type_, "description": "as it should be", "kwargs": kwargs}
    return json.dumps({"name": "training", "expectations": [expectation]})


@pytest.fixture
def checked(line, frame, tmp_path):
    def run(kind="training", table=frame, recipe=line.recipe, **changes):
        changed = table.assign(**changes) if changes else table
        return check(kind, changed, line, recipe, SUITES, tmp_path / "docs", run="week", cut=CUT)

    return run


@pytest.fixture
def shown(frame):
    return frame.drop(columns=["clicked", "split", "gamma"]).assign(
        arrived_at=frame["requested_at"] + pd.Timedelta("20ms"),
        latency_ms=3.0,
    )


@pytest.fixture
def clicks(frame):
    clicked = frame[frame["clicked"] == 1]
    happened = clicked["requested_at"] + pd.Timedelta("9s")
    return clicked[["request_id", "item"]].assign(
        kind="click", value=1.0, happened_at=happened, arrived_at=happened + pd.Timedelta("1s")
    )


def test_a_healthy_training_table_passes(checked, line):
    """A week as it should be meets every expectation, and its page is there to read."""
    found = checked()
    assert found.success
    assert found.failures == ()
    assert len(found.findings) >= 20
    assert found.line == line.name


def test_data_docs_are_written_to_the_filesystem(checked, tmp_path):
    """The address of the run is a page below the folder that was asked for."""
    found = checked()
    page = tmp_path / "docs" / found.docs.split("/docs/")[1]
    assert "every model input is available at inference" in page.read_text()
    assert (tmp_path / "docs" / "site" / "index.html").is_file()


def test_tables_of_a_run_share_one_building_of_their_pages(line, frame, shown, tmp_path):
    """No page before the last table is checked; then each has its own, and the first page knows all."""
    docs, told = tmp_path / "docs", {"run": "week", "cut": CUT}
    with checkpoints(docs, line.name) as shared:
        found = [
            check(kind, table, line, line.recipe, SUITES, shared, **told)
            for kind, table in (("exposures", shown), ("training", frame))
        ]
        assert not list(docs.rglob("*.html"))
    pages = [docs / unquote(one.docs.split("/docs/")[1]) for one in found]
    assert all("Expectation" in page.read_text() for page in pages)
    first = (docs / "site" / "index.html").read_text()
    assert all(quote(str(page.relative_to(docs / "site"))) in first for page in pages)


def test_pages_of_tables_before_one_that_cannot_be_checked_are_built(line, frame, shown, tmp_path):
    """What was found until then is there to read."""
    docs, told = tmp_path / "docs", {"run": "week", "cut": CUT}
    tables = {"exposures": shown, "training": frame.drop(columns="requested_at")}
    with pytest.raises(NotComputable), checkpoints(docs, line.name) as shared:  # noqa: PT012
        for kind, table in tables.items():
            check(kind, table, line, line.recipe, SUITES, shared, **told)
    assert len(list((docs / "site" / "validations").rglob("*.html"))) == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("position", "position is set by the ranking itself (decision)"),
        ("propensity", "propensity is set by the ranking itself (decision)"),
        ("clicked", "clicked is known only after the user acted (after)"),
    ],
)
def test_an_input_unknown_at_inference_is_named_with_its_reason(checked, line, name, why):
    """The checkpoint stops such a recipe and says which column and when it becomes known."""
    found = checked(recipe=line.recipe_with({"inputs": [*line.recipe.inputs, name]}))
    assert not found.success
    assert any(why in failure for failure in found.failures)
    with pytest.raises(ValidationFailed, match=name):
        stop([found])


def test_the_place_is_found_under_another_name(checked, frame):
    """A declared input that really holds the place in the list is caught by its values."""
    found = checked(item_exposures=frame["position"].astype(float))
    assert [f for f in found.failures if "item_exposures is the place in the list in 100%" in f]


def test_an_undeclared_input_is_refused_before_anything_runs(checked, line):
    """A misspelt input is a wrong recipe, not bad data."""
    with pytest.raises(BadConfig, match="shoe_size"):
        checked(recipe=line.recipe_with({"inputs": ["item_ctr", "shoe_size"]}))


def test_an_empty_table_fails(checked, frame):
    """No rows are never a pass."""
    found = checked(table=frame.head(0))
    assert not found.success
    assert any("at least 500 rows" in failure for failure in found.failures)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"item_ctr": 1.5}, "item_ctr is 0 to 1"),
        ({"genre": 99.0}, "genre is 0 to 13"),
        ({"clicked": 2}, "clicked is 0 or 1"),
        ({"clicked": 0}, "0.1% to 90% of the rows have clicked = 1"),
        ({"split": "train"}, "no rows of holdout"),
        ({"requested_at": pd.Timestamp("2026-01-06", tz="UTC")}, "they overlap in time"),
        ({"request_id": "one"}, "an item is in a list once"),
        ({"film_age_days": np.nan}, "film_age_days is known in at least 99% of the rows"),
    ],
)
def test_each_fault_fails_with_its_sentence(checked, changes, said):
    """One planted fault in a healthy table is named by the expectation made for it."""
    found = checked(**changes)
    assert not found.success
    assert any(said in failure for failure in found.failures)


def test_a_list_in_both_splits_fails(checked, frame):
    """A request that is trained on must not be tested on."""
    last = frame["request_id"].iloc[-1]
    table = frame.copy()
    table.loc[table["request_id"] == last, "split"] = ["train"] * 5 + ["holdout"] * 5
    assert any(
        "1 values of request_id are in both" in failure for failure in checked(table=table).failures
    )


def test_a_missing_column_is_not_computable(checked, frame):
    """What could not be evaluated is an error of its own, not a failed expectation."""
    with pytest.raises(NotComputable, match="item_ctr"):
        checked(table=frame.drop(columns="item_ctr"))


def test_naive_times_are_not_computable(checked, shown):
    """Times without zone beside times with zone are an error of their own."""
    with pytest.raises(NotComputable, match="features_as_of"):
        checked("exposures", shown, features_as_of=shown["features_as_of"].dt.tz_localize(None))


def test_a_healthy_log_passes(checked, shown, clicks):
    """Exposures and outcomes as they should be meet their suites."""
    assert checked("exposures", shown).failures == ()
    assert checked("outcomes", clicks).failures == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arm": "intern"}, "an arm answered"),
        ({"propensity": 0.0}, "a propensity is a probability above 0"),
        ({"position": 1}, "a place in a list is given once"),
        ({"features_as_of": pd.NaT}, "as of a time no later than the request"),
        ({"features_as_of": pd.Timestamp("2030-01-01", tz="UTC")}, "as of a time no later"),
        ({"features_as_of": pd.Timestamp("2026-01-01", tz="UTC")}, "no older than 7 days"),
        ({"arrived_at": pd.Timestamp("2020-01-01", tz="UTC")}, "a row arrives no earlier"),
        ({"latency_ms": -1.0}, "a latency is not negative"),
    ],
)
def test_each_fault_of_the_log_fails(checked, shown, changes, said):
    """Impossible exposures are named; a missing time fails like a late one."""
    changes = {
        k: v
        if not isinstance(v, type(pd.NaT))
        else pd.Series(v, shown.index, "datetime64[us, UTC]")
        for k, v in changes.items()
    }
    found = checked("exposures", shown, **changes)
    assert any(said in failure for failure in found.failures)


def test_impossible_outcomes_fail(checked, clicks):
    """Outcomes of another kind, and outcomes that arrived before they happened, are named."""
    assert not checked("outcomes", clicks.assign(kind="purchase")).success
    assert not checked("outcomes", clicks, arrived_at=clicks["happened_at"].min()).success
    assert not checked("outcomes", clicks.head(0)).success


def test_a_result_survives_json(checked):
    """What is stored with the run is what was found."""
    found = checked(item_ctr=1.5)
    raw = json.loads(json.dumps(found.to_dict()))
    assert ValidationResult.from_dict(raw) == found
    assert raw["failures"] == list(found.failures)


def test_running_again_leaves_the_suites_alone(checked):
    """The reviewed files are read, never written."""
    before = {p.name: p.read_bytes() for p in (SUITES / "feed").iterdir()}
    checked()
    assert {p.name: p.read_bytes() for p in (SUITES / "feed").iterdir()} == before


@pytest.mark.parametrize(
    ("of", "kind"),
    [("feed", kind) for kind in suites.KINDS] + [("posts", kind) for kind in suites.CLUSTER_KINDS],
)
def test_suites_hold_sentences_and_no_ids(of, kind):
    """Every expectation says in words what it means; a diff shows what a person changed."""
    raw = suites.read(SUITES, of, kind)
    assert raw["name"] == kind
    said = [item["description"] for item in raw["expectations"]]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize(("of", "kinds"), [("feed", suites.KINDS), ("posts", suites.CLUSTER_KINDS)])
def test_the_committed_suites_are_the_generated_ones(of, kinds):
    """What people reviewed is what the line declares; `slipway expectations feed` writes it."""
    line = context.declared(of)
    declared = kind_of(line).suites(line)
    assert suite_files.differences(of, declared, SUITES) == ()
    assert set(declared) == set(kinds)


def test_a_changed_declaration_shows_as_a_difference(line, tmp_path):
    """The file and the line of it that no longer agree are named; writing mends them, once."""
    declared = generate.suites(line)
    assert len(suite_files.write("feed", declared, tmp_path)) == len(suites.KINDS)
    assert suite_files.write("feed", declared, tmp_path) == ()
    wider = [replace(c, upper=3) if c.name == "age_band" else c for c in line.columns]
    changed = replace(line, columns=tuple(wider))
    found = suite_files.differences("feed", generate.suites(changed), tmp_path)
    assert len(found) == 2
    assert all("age_band is 0 to 3" in said for said in found)
    (tmp_path / "feed" / "outcomes.json").unlink()
    assert any(
        "outcomes.json is missing" in said
        for said in suite_files.differences("feed", declared, tmp_path)
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "suite feed/training.json"),
        ('{"name": "training", "expectations": []}', "no expectations"),
        (
            '{"name": "training", "expectations": [{"type": "expect_x", "kwargs": {}}]}',
            "just description, kwargs, type",
        ),
        (
            suite_of("expect_the_moon", column="genre"),
            "expect_the_moon",
        ),
        (
            suite_of("expect_values_to_be_known", colunm="genre"),
            "colunm",
        ),
    ],
)
def test_wrong_suites_are_refused(line, frame, tmp_path, text, said):
    """A suite that cannot be read as meant is a wrong configuration."""
    (tmp_path / "feed").mkdir()
    (tmp_path / "feed" / "training.json").write_text(text)
    with pytest.raises(BadConfig, match=said):
        check("training", frame, line, line.recipe, tmp_path, tmp_path / "docs", cut=CUT)


def test_unknown_kinds_of_table_are_refused(tmp_path):
    """Only the three tables have suites."""
    with pytest.raises(BadConfig, match="users"):
        suites.read(SUITES, "feed", "users")
