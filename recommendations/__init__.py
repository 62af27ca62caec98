"""Basketry: a recommendation plugin that lives inside a shop's own Django project and database."""

__version__ = "0.1.0"
