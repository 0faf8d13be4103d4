"""Import, export, embedding and the demo shop."""
