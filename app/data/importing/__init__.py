"""Ratings, events and items from files: read in batches, checked row by row, written in bulk.

An import raises InvalidInput where the file or its columns cannot be understood, StoreUnavailable
where the database goes away: what was written until then stays.
"""

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
