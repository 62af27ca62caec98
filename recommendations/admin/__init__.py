"""The plugin in the Django admin."""
