"""Names of tags, aliases and folders that the server, the pipeline and the router share."""

REVIEW = "review"
"""Version tag that a reviewer sets: ``approve <8+ hex of the evidence digest> reason``."""
ATTESTATION = "slipway.attestation"
"""Version tag that only the server writes: the signed review."""
STOP = "stop"
"""Version tag with an overseer's reason to take it off live traffic at once."""
WITHDRAWN = "slipway.withdrawn"
"""Version tag that only the server writes: words that were taken back, the newest last."""
USED = "slipway.used"
"""Version tag with the evidence digest of an approval that a promotion stands on: it stays."""
RELEASE = "slipway.release"
"""Model tag with the whole release state: what the router reads, in one piece."""
ORDERS = "slipway.orders"
"""Model tag with the returns that the ledger could not be given."""
LOOKED = "slipway.looked"
"""Model tag with the time of the last look: what the router misses where nobody looks any more."""
PROJECTED = "slipway.projected"
"""Model tag with the epoch up to which versions and aliases are shown, too."""

AUTHOR, ORIGIN, FINGERPRINT, STAGE = "author", "origin", "fingerprint", "stage"
EVIDENCE_DIGEST, EVIDENCE_FILES = "evidence_digest", "evidence_files"
REVIEWERS_ASKED = "reviewers_asked"
"""Version tag with how many persons the policy asks to approve it, where it is more than one."""
LIVE_FILES, RUN_DATA, LEARNED = "live_files", "run_data", "learned"
RANKER_DIGEST, KEY, REASON = "ranker_digest", "registration_key", "reason"

CHAMPION, CANDIDATE, RULES = "champion", "candidate", "rules"
RULES_SUFFIX = "-rules"

RANKER_FOLDER, EVIDENCE_FOLDER, LIVE_FOLDER = "ranker", "evidence", "live"


def rules_model(line: str) -> str:
    """The registered model of a line's rules.

    >>> rules_model("feed")
    'feed-rules'
    """
    return line + RULES_SUFFIX


def is_rules(model: str) -> bool:
    """Whether a model of a line is its rules."""
    return model.endswith(RULES_SUFFIX)
