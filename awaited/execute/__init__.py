"""Runs the cells of articles, each article in a kernel of its own, and freezes what they gave."""
