"""The event log and what is made of it: parts, rollups, features as of a time, snapshots."""
