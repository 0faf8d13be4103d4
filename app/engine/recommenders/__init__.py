"""Scores of items, computed from the live tables."""
