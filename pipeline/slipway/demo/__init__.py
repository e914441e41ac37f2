"""What ``slipway up`` and ``slipway demo`` run: the film shop as live traffic, and five fates to watch."""
