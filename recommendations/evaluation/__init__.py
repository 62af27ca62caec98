"""Honest offline evaluation: windows in time, metrics over the whole catalogue; numpy only."""
