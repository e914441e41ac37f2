"""Measurements and policy in, a verdict with its reason out."""
