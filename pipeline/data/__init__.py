"""The event log and what is made of it: snapshots, rollups, as-of features."""
