"""The `flask` commands: parse, call, print.

Every one works beside the running service and alone, with the same environment.
"""

from flask import Flask

from app.cli import demo, importing, keys, settings, users


def register(app: Flask) -> None:
    """Add every command to the app."""
    for group in (keys.keys, users.users, settings.settings, demo.demo, *importing.GROUPS):
        app.cli.add_command(group)
