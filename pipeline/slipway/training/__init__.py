"""From a snapshot to a fitted, fingerprinted ranker on fixed seeds."""
