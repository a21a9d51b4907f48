"""Runs snippets in a reader's browser: CPython in WebAssembly, with its own event loop and the tool's own recorder."""
