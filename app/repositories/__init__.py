"""MongoDB: the only importers of pymongo. They speak domain objects."""
