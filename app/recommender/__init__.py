"""The recommendation request as stages."""
