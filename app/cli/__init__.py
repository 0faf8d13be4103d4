"""The `flask` commands: parse, call, print.

Every one works beside the running service and alone, with the same environment. What a command
works with is imported when it runs: the compiled kernels, the database driver and the API take
over a second to load, which `flask --help` need not pay.
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
    for command in (
        demo.demo,
        embed.embed,
        erasures.erasures,
        evaluate.evaluate,
        importing.exports,
        importing.imports,
        keys.keys,
        memory.memory,
        models.models,
        preferences.preferences,
        settings.settings,
        snapshots.snapshot,
        train.train,
        tune.tune,
        users.users,
        verify.verify,
    ):
        app.cli.add_command(command)


def create_app() -> Flask:
    """Return an app of the commands alone, without a route: what `.flaskenv` has `flask` load."""
    app = Flask(__name__, static_folder=None)
    register(app)
    return app
