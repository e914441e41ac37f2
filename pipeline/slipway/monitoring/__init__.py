"""What becomes of a line after its release: drift, promises and alerts, from sums that are kept."""
