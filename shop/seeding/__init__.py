"""The demo's stock and history, made from a year of real grocery baskets."""
