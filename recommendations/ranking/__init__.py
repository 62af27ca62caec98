"""Scores, filters, blends and reasons of lists, on arrays and plain values; numpy only."""
