"""Texts of items as vectors, by a small model that comes with a package of its own."""
