"""Draws recordings: as SVG in a page, as text in a terminal, and as a sentence and a table in words."""
