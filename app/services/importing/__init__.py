"""Ratings, events and items from files: read in batches, checked row by row, written in bulk."""

from app.services.importing.events import EventImport
from app.services.importing.items import ItemImport
from app.services.importing.ratings import RatingImport
from app.services.importing.runs import EventOptions, ImportOptions, ImportReport

__all__ = [
    "EventImport",
    "EventOptions",
    "ImportOptions",
    "ImportReport",
    "ItemImport",
    "RatingImport",
]
