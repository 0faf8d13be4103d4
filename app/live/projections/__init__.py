"""One live state each, kept in memory from MongoDB collections."""
