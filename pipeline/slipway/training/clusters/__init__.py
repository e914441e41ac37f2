"""Clusters of posts that keep their ids from week to week."""
