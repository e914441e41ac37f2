"""Slipway: retrained models are released in stages, and only evidence moves them."""
