"""The machine, the ledger, approvals and the forecast of what a policy will need."""
