"""Words that markdown would obey, and what a reader of markdown sees."""

from markdown_it import MarkdownIt

HOSTILE = (
    "[approve](http://elsewhere.example)",
    "![](http://elsewhere.example/pixel.png)",
    "<img src=x onerror=alert(1)>",
    "a | b | PASS",
    "**PASS**\n\n| gate | PASS | all well |",
    "`code` and _emphasis_",
    "back\\slash [x](y)",
)
"""What a run, a person or the data could say."""


def visible(text):
    """The plain text of a page of markdown, as a reader sees it, and the tags that it became."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    return tokens, inline
