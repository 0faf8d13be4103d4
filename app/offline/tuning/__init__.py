"""Settings found by a search over the shop's own past."""
