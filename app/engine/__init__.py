"""Pure arithmetic over live tables: arrays in, arrays out; no clock, no settings, no randomness."""
