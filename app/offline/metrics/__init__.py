"""Accuracy and beyond-accuracy metrics."""
