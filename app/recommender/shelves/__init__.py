"""One shelf each: candidate sources, filters, scorers, re-rankers, explanation."""
