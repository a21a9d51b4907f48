"""Awaited's tool: it executes the cells of Quarto articles, tangles them into scripts and weaves them into a site."""
