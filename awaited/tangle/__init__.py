"""Makes scripts of cells: each visible snippet, with what it needs, as a file that runs as it is."""
