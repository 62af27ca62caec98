"""Adapters for well-known shop packages."""
