"""The suite of a line of clusters, generated from its declaration."""

from collections.abc import Iterator

from slipway.domain.clusters import ClusterLine
from slipway.domain.line import DType
from slipway.validation.sentences import Item, follow, known, parameter, say, text

MOSTLY_ON_TIME = 0.99
"""Share of posts that come in after they were written; clocks of users are wrong."""

_KEY, _WRITTEN, _CAME = "post_id", "event_at", "arrived_at"


def suites(line: ClusterLine) -> dict[str, str]:
    """The text of each suite of the line, by its kind."""
    about = f"The posts of one window of the line {line.name}, as they were known at its cut."
    return {"posts": text("posts", about, _posts(line))}


def _posts(line: ClusterLine) -> Iterator[Item]:
    yield say("table_to_have_rows", "the window holds posts", min_value=1)
    yield say("rows_to_be_unique", "a post stands in the window once", columns=[_KEY], shown=[_KEY])
    for column in line.columns:
        always = column.name == _KEY or column.dtype is DType.TIME
        least = 1 if always else column.known
        share = "every post" if least == 1 else f"at least {least:.0%} of the posts"
        shown = [] if column.name == _KEY else [_KEY]
        yield known(column.name, least, f"{column.name} is known in {share}", shown)
    yield follow(
        _WRITTEN,
        _CAME,
        "a post comes in after it was written, but for clocks of users that are wrong",
        mostly=MOSTLY_ON_TIME,
        shown=[_KEY],
    )
    yield say(
        "model_inputs_to_be_available_at_inference",
        "every input of the model is known when a post comes in",
        inputs=parameter("inputs"),
        availability=parameter("availability"),
    )
