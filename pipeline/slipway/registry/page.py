"""The part of a version's page that tells the reviewer how to decide, and where pages are."""

from pathlib import Path
from urllib.parse import quote, urlencode

from slipway.domain.errors import BadInput
from slipway.registry.names import REVIEW

MAX_DESCRIPTION = 4500
"""Characters: MLflow on PostgreSQL holds 5,000, and the part on the review is added later."""
MOST_HELD = 5000
"""Characters that MLflow on PostgreSQL holds of a description."""
RUN_PLACE = "{{run_id}}"
"""Stands for the run's id in a description that is written before the run exists."""
EXPERIMENT_PLACE = "{{experiment_id}}"
"""As :data:`RUN_PLACE`, for the run's experiment."""

TEMPLATES = Path(__file__).parent / "templates"
REVIEW_PATH = "/slipway/review"
"""Where the guarded server shows a version with buttons to decide."""

_MARK = "\n\n---\n**To decide:** "


def check_description(text: str) -> str:
    """``text``, or BadInput where it is too long for the registry."""
    if len(text) > MAX_DESCRIPTION:
        raise BadInput(
            "description of the version",
            found=f"{len(text)} characters",
            expected=f"at most {MAX_DESCRIPTION}",
            next_step="put the long version into the evidence page",
        )
    return text


def with_review_block(
    description: str, digest: str, *, one: bool = True, review_page: str = ""
) -> str:
    """The description with its last paragraph on how to approve the evidence ``digest``.

    ``one``: whether one reviewer is enough; two are asked where nobody knows who started the run, or by policy.
    ``review_page`` is the address of the page with buttons; it is left out where the whole would not fit.
    """
    text = description.partition(_MARK)[0]
    short = digest[:12]
    who = "a reviewer who is" if one else "two reviewers who are"
    button = f"press a button on [its review page]({review_page}), or " if review_page else ""
    found = (
        f"{text}{_MARK}this version waits for {who} not its author: {button}under **Tags** below"
        f" add the name `{REVIEW}` with the value `approve {short} your reason` or"
        f" `reject {short} your reason`. It is bound to the evidence `{short}…` and signed."
        f" Until it is promoted, `withdraw {short} your reason` takes an approval back."
    )
    if button and len(found) > MOST_HELD:
        return with_review_block(text, digest, one=one)
    return found


def with_signing_block(description: str, digest: str, model: str, version: str) -> str:
    """The same where reviewers sign with keys of their own: no tag and no button decides."""
    text, short = description.partition(_MARK)[0], digest[:12]
    return (
        f"{text}{_MARK}this version waits for a reviewer who is not its author. In an account that holds your"
        f' key: `slipway approve {model} {version} {short} --reason "your reason"`, or `--reject` with it. It is'
        f" bound to the evidence `{short}…` and signed with your key."
    )


def review_url(url: str, model: str, version: str) -> str:
    """Deep link to the page on which a version is decided about.

    >>> review_url("http://x", "feed", "3")
    'http://x/slipway/review?name=feed&version=3'
    """
    return f"{url}{REVIEW_PATH}?{urlencode({'name': model, 'version': version})}"


def version_url(url: str, model: str, version: str) -> str:
    """Deep link to a version's page.

    >>> version_url("http://x", "feed", "3")
    'http://x/#/models/feed/versions/3'
    """
    return f"{url}/#/models/{quote(model)}/versions/{quote(version)}"


def run_url(url: str, experiment_id: str, run_id: str) -> str:
    """Deep link to a run's artifacts."""
    return f"{url}/#/experiments/{experiment_id}/runs/{run_id}/artifacts"


def placed(text: str, run_id: str, experiment_id: str) -> str:
    """``text`` with the run's own ids where it speaks of them.

    >>> placed("x?run={{run_id}}&of={{experiment_id}}", "ab", "3")
    'x?run=ab&of=3'
    """
    return text.replace(RUN_PLACE, run_id).replace(EXPERIMENT_PLACE, experiment_id)
