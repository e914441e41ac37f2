"""The markdown of a version's page shows what a run said and does not obey it."""

import pytest
from slipway.domain.verdict import Conclusion, Verdict
from slipway.reports import page

HOSTILE = (
    "[approve](http://elsewhere.example)",
    "![](http://elsewhere.example/pixel.png)",
    "<img src=x onerror=alert(1)>",
    "a | b | PASS",
    "**PASS**\n\n| gate | PASS | all well |",
    "`code` and _emphasis_",
    "back\\slash [x](y)",
)


def visible(text):
    """The plain text of a page of markdown, as a reader sees it, and the tags that it became."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    return tokens, inline


@pytest.mark.parametrize("said", HOSTILE)
def test_words_of_a_run_are_shown_and_not_obeyed(said):
    """Links, pictures, HTML, rows and emphasis in a recipe's name or a reason stay text."""
    text = page.description(
        lead=said,
        points={"decision": said},
        facts={"author": said},
        verdicts=[Verdict("ndcg", Conclusion.FAIL, said)],
    )
    tokens, inline = visible(text)
    assert {t.type for t in inline} <= {"text", "strong_open", "strong_close", "code_inline"}
    assert sum(t.type == "strong_open" for t in inline) == 1
    assert sum(t.type == "tr_open" for t in tokens) == 2
    assert not any(t.type.startswith("html") for t in tokens)
    assert sum(t.type == "td_open" for t in tokens) == 3
