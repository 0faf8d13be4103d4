"""The processes that `make run` starts."""
