"""Ratings, events and items from files: read in batches, checked row by row, written in bulk."""

from app.data.importing.events import EventImport
from app.data.importing.items import ItemImport
from app.data.importing.ratings import RatingImport
from app.data.importing.runs import EventOptions, ImportOptions, ImportReport

__all__ = [
    "EventImport",
    "EventOptions",
    "ImportOptions",
    "ImportReport",
    "ItemImport",
    "RatingImport",
]
