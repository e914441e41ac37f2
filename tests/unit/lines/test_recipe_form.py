"""The form of a run: its fields are the recipe's numbers, and what it lets through is what a recipe takes."""

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway import lines
from slipway.domain.errors import BadConfig
from slipway.lines.definition import compiled
from slipway.lines.recipe_form import form_of, recipe_from

NAMES = ("feed", "bike", "posts")
LINES = {name: lines.declared(name) for name in NAMES}
FORMS = {name: {field.name: field for field in form_of(compiled(LINES[name]))} for name in NAMES}
EDGES = [-1, 0, 0.5, 1, 2, 50, 10_000, 10_001, 2**32, 1e12]


def let_through(field, value):
    """Whether the form takes a value."""
    return jsonschema.Draft202012Validator(field.schema).is_valid(value)


def taken(line, name, value):
    """Whether the line's recipe takes a value."""
    try:
        line.recipe_with({name: value})
    except BadConfig:
        return False
    return True


@given(st.sampled_from(NAMES), st.data())
def test_the_form_takes_what_the_recipe_takes(name, data):
    """A number that the form lets through is no surprise later, and none that the recipe takes is kept out.

    What two fields must agree on is the recipe's own to say.
    """
    field = data.draw(st.sampled_from([f for n, f in FORMS[name].items() if n != "inputs"]))
    listed = "array" in field.schema["type"]
    value = data.draw(st.sampled_from(EDGES) | st.integers(-10, 20_000) | st.floats(-2, 20_000))
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON knows no difference
    given = [value, value + 1, value + 2] if listed else value
    if taken(LINES[name], field.name, given):
        assert let_through(field, given)
    elif let_through(field, given):
        with pytest.raises(BadConfig) as refused:
            LINES[name].recipe_with({field.name: given})
        assert "clusters ==" in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_form_changes_nothing(name):
    """Empty fields are what the line declares, and each says so with its unit."""
    fields = FORMS[name]
    params = dict.fromkeys(fields) | {"recipe": {}}
    assert recipe_from(params, params, list(fields)) == {}
    assert all(let_through(field, None) for field in fields.values())
    numbers = [field for n, field in fields.items() if n != "inputs"]
    assert all("as the line declares" in field.about and "(" in field.title for field in numbers)


def test_inputs_are_chosen_from_the_lines_own():
    """A column that the line does not learn from is refused by the form; fewer of its own are taken."""
    inputs = FORMS["feed"]["inputs"]
    assert let_through(inputs, list(LINES["feed"].recipe.inputs)[:2])
    assert not let_through(inputs, ["position"])


def test_fields_and_other_words_are_one_recipe():
    """What stands in a field and what stands in the field recipe both reach the run."""
    params = {
        "max_iter": 200,
        "seeds": None,
        "inputs": [],
        "recipe": {"category_boost": {"drama": 0.2}},
    }
    found = recipe_from(params, params, ["max_iter", "seeds", "inputs"])
    assert found == {"category_boost": {"drama": 0.2}, "max_iter": 200}


@pytest.mark.parametrize("conf", [{"recip": {}}, {"Recipe": {}}, {"max_trees": 5}])
def test_a_misspelt_word_is_refused(conf):
    """A run whose conf holds a word that is no field ends, and does not train the line's own recipe."""
    with pytest.raises(BadConfig, match="conf of the run"):
        recipe_from(conf, {"recipe": {}} | conf, ["max_iter"])


def test_a_word_that_is_said_twice_is_refused():
    """Two values of one number are no recipe, even where they are the same."""
    conf = {"max_iter": 5, "recipe": {"max_iter": 5}}
    with pytest.raises(BadConfig, match="max_iter twice"):
        recipe_from(conf, conf, ["max_iter"])
