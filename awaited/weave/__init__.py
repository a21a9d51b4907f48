"""Makes pages of frozen results: with Quarto where it is installed, else with smalldocs."""
