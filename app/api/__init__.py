"""JSON over HTTP: parse, call, render."""

from flask import Flask

from app.api import (
    accounts,
    batch,
    catalogue,
    docs,
    events,
    monitoring,
    pages,
    predicted_ratings,
    profiles,
    ratings,
    records,
    sessions,
    settings,
    shelves,
    streams,
    users,
    why_not,
)

BLUEPRINTS = (
    accounts.bp,
    users.bp,
    profiles.bp,
    records.bp,
    sessions.bp,
    ratings.bp,
    predicted_ratings.bp,
    events.bp,
    shelves.bp,
    why_not.bp,
    pages.bp,
    batch.bp,
    streams.bp,
    catalogue.bp,
    settings.bp,
    monitoring.bp,
    docs.bp,
)


def register(app: Flask) -> None:
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
