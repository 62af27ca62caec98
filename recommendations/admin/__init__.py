"""The plugin in the Django admin: one module a group of models."""

from recommendations.admin import (
    artefacts,
    browsing,
    by_hand,
    campaigns,
    counts,
    decisions,
    exposures,
    feedback,
    items,
    jobs,
    orders,
    placements,
    rules,
    shoppers,
)

__all__ = [
    "artefacts",
    "browsing",
    "by_hand",
    "campaigns",
    "counts",
    "decisions",
    "exposures",
    "feedback",
    "items",
    "jobs",
    "orders",
    "placements",
    "rules",
    "shoppers",
]
