"""Ratings and items from files: read in batches, checked row by row, written in bulk."""

from app.services.importing.items import ItemImport
from app.services.importing.ratings import RatingImport
from app.services.importing.runs import ImportOptions, ImportReport

__all__ = ["ImportOptions", "ImportReport", "ItemImport", "RatingImport"]
