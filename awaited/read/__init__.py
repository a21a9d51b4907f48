"""Reads a project: its configuration, its articles, their cells with line numbers."""
