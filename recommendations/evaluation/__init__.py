"""Honest offline evaluation: splits in time, metrics over the whole catalogue; numpy only."""
