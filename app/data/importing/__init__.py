"""Ratings, events and items from files: read in batches, checked row by row, written in bulk.

An import raises InvalidInput where the file or its columns cannot be understood, StoreUnavailable
where the database goes away: what was written until then stays.
"""
