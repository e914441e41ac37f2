"""The markdown of a version's page shows what a run said and does not obey it."""

import pytest
from markdown_kit import HOSTILE, visible
from slipway.domain.verdict import Conclusion, Verdict
from slipway.reports import page


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


def test_a_text_with_signs_of_html_reads_as_it_is():
    """MLflow's renderer shows a backslash before such a sign, and obeys one that stands alone."""
    assert page.markdown("0.95 < 20 & <b>") == "0.95 &lt; 20 &amp; &lt;b&gt;"
