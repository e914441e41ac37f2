"""The machine, the ledger, approvals and the registry's projection."""
