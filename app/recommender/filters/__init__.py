"""Filters of candidates."""
