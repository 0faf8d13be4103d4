"""The vocabulary: frozen dataclasses, errors and ports. Standard library only."""
