"""What lasts from build to build: Quarto's freezer, kept pages, whether anything has changed."""
