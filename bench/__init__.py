"""Measures what builds cost: `make bench`."""
