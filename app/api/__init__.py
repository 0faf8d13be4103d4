"""JSON over HTTP: parse, call, render."""

from flask import Flask

from app.api import (
    accounts,
    batch,
    catalogue,
    docs,
    monitoring,
    ratings,
    recommendations,
    settings,
    streams,
    users,
)

BLUEPRINTS = (
    accounts.bp,
    users.bp,
    ratings.bp,
    recommendations.bp,
    batch.bp,
    streams.bp,
    catalogue.bp,
    settings.bp,
    monitoring.bp,
    docs.bp,
)


def register(app: Flask) -> None:
    """Add every blueprint to the app."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
