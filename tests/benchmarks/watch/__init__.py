"""The watch after the promotion, simulated: what it returns, what it keeps, and what the hold-back costs."""
