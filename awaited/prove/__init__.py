"""Runs the scripts under every Python of the machine, and compares what they print with the pages."""
