"""The router: sticky arms, ranked answers, exposures in the log first."""

BUDGET_MS = 50.0
"""How long an arm may take to score, unless somebody says otherwise."""
