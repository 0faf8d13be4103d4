"""Learned models: fitted, stored, put in force, brought into memory, fitted again."""
