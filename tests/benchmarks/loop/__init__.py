"""Off-policy value and feedback loops on worlds whose truth is known."""
