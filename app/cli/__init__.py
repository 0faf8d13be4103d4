"""The `flask` commands: parse, call, print.

Every one works beside the running service and alone, with the same environment.
"""

from flask import Flask

from app.cli import (
    demo,
    embed,
    erasures,
    evaluate,
    importing,
    keys,
    memory,
    models,
    preferences,
    settings,
    snapshots,
    train,
    tune,
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
        models.models,
    )
    for command in (
        *groups,
        *importing.GROUPS,
        evaluate.evaluate,
        memory.memory,
        train.train,
        tune.tune,
        verify.verify,
        embed.embed,
    ):
        app.cli.add_command(command)
