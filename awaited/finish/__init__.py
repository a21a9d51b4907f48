"""Completes the pages of either engine, and makes a site of them."""
