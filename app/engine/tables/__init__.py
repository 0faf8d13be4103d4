"""The arrays in memory."""
