"""Offline evaluation and the choice of settings."""
