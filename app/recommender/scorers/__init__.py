"""Scorers of candidates."""
