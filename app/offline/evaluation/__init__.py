"""Offline evaluation: how good the lists are, on data that is already there."""
