"""Learned models: fitted at rest to all preferences, then frozen and only read."""
