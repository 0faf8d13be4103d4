"""The live memory: feed, freshness, snapshots."""
