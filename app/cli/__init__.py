"""The `flask` commands: parse, call, print.

Every one works beside the running service and alone, with the same environment.
"""

from flask import Flask

from app.cli import (
    demo,
    erasures,
    importing,
    keys,
    memory,
    preferences,
    settings,
    snapshots,
    users,
    verify,
)


def register(app: Flask) -> None:
    """Add every command to the app."""
    groups = (
        keys.keys,
        users.users,
        erasures.erasures,
        settings.settings,
        preferences.preferences,
        demo.demo,
        snapshots.snapshot,
    )
    for command in (*groups, *importing.GROUPS, memory.memory, verify.verify):
        app.cli.add_command(command)
