"""Which other origins' pages may call."""

from flask import Flask
from flask_cors import CORS

from app.http.answers import FRESHNESS
from app.http.requests import HEADER
from config import Settings


def install(app: Flask, settings: Settings) -> None:
    """Allow the origins of the setting; without any, browsers keep other pages out."""
    origins = settings.allowed_origins
    if origins:
        CORS(
            app,
            origins="*" if "*" in origins else list(origins),
            expose_headers=[FRESHNESS, HEADER, "Retry-After"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", FRESHNESS, HEADER],
            max_age=600,
        )
