"""The shop's pages; each works without JavaScript."""
