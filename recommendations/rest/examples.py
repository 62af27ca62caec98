"""Answers as the API's description shows them."""

from typing import Any

LIST = {
    "recommendation_id": "eyJ...:kPz",
    "placement": "product-related",
    "as_of": "2026-03-01T12:00:00Z",
    "fallback": False,
    "items": [
        {
            "item": "butter",
            "title": "Butter",
            "url": "/p/butter/",
            "price": "2.50",
            "currency": "EUR",
            "score": 1.37,
            "rank": 1,
            "source": "together",
            "reasons": [
                {
                    "code": "often_bought_together",
                    "text": "Often bought together: 37 of the 210 orders with Bread also had Butter",
                    "evidence": {"n_ab": 37, "n_a": 210, "n_b": 90, "n": 2100, "confidence": 0.176, "lift": 4.1},
                }
            ],
        }
    ],
}

RANKED = {
    "fallback": False,
    "items": [
        {"item": "cup", "rank": 1, "score": 2.31, "source": "network"},
        {"item": "tea", "rank": 2, "score": None, "source": None},
    ],
}

SHOWN = {
    "id": "6f1c1e9e-8b5f-4a52-9c7e-0d8f4ad8f4a1",
    "placement": "product-related",
    "served_at": "2026-03-01T12:00:00Z",
    "versions": {"generation": 1, "sequence": 2100},
    "variant": "",
    "fallback": False,
    "items": [{"item": "butter", "title": "Butter", "rank": 1, "source": "together", "propensity": 1.0}],
}

RULE = {
    "id": 17,
    "key": "3=>12",
    "kind": "complement",
    "version": 4,
    "antecedents": ["bread"],
    "consequent": "butter",
    "claim": "37 of the 210 orders with Bread also had Butter; chance would give 9",
    "status": "published",
    "held_because": [],
    "orders": 37,
    "antecedent_orders": 210,
    "consequent_orders": 90,
    "total_orders": 2100,
    "shoppers": 31,
    "support": 0.0176,
    "confidence": 0.176,
    "lift": 4.11,
    "leverage": 0.0133,
    "conviction": 1.16,
    "p": 1e-12,
    "weighted_lift": 3.2,
    "now": {"orders": 38, "antecedent_orders": 214, "holds": True, "waits": False},
    "decision": None,
}

MANUAL_RULE = {
    "id": 3,
    "beside": "bread",
    "product": "new-butter",
    "position": 1,
    "starts_at": None,
    "ends_at": None,
    "note": "launch",
}

BAN = {
    "id": 2,
    "category": "wine",
    "beside": "baby",
    "starts_at": None,
    "ends_at": None,
    "note": "never together",
}

DECISION = {
    "rule_key": "3=>12",
    "decision": "approved",
    "strength": 2.0,
    "starts_at": None,
    "ends_at": "2026-12-31T00:00:00Z",
    "note": "for the season",
    "decided_by": "ann",
    "decided_at": "2026-03-01T12:00:00Z",
}

PLACEMENT = {
    "slug": "basket-side",
    "title": "Goes well with it",
    "strategy": "cart",
    "limit": 4,
    "fallbacks": ["popular"],
    "in_stock_only": True,
    "bought_before": "if_repeated",
    "sources": [],
    "diversity": 0.0,
    "per_category": None,
    "per_brand": None,
    "price_band": None,
    "promoted_share": 0.0,
    "explore": 0.0,
}

PIN = {
    "id": 5,
    "placement": "product-related",
    "item": "butter",
    "kind": "pin",
    "position": 1,
    "factor": 1.0,
    "starts_at": None,
    "ends_at": None,
}

JOB = {
    "id": 9,
    "kind": "mine",
    "slot": "sequence-2100",
    "state": "queued",
    "progress": 0.0,
    "message": "",
    "error": "",
    "parameters": {},
    "attempts": 0,
    "requested_by": "ann",
    "created_at": "2026-03-01T12:00:00Z",
    "started_at": None,
    "finished_at": None,
}

VERSION = {
    "id": 4,
    "kind": "network",
    "status": "published",
    "serves": True,
    "reason": "",
    "metrics": {"ndcg_10": 0.29},
    "size": 1048576,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "data_orders": 2100,
    "created_at": "2026-03-01T12:00:00Z",
}

RATING = {"item": "bread", "stars": 5, "rated_at": "2026-03-01T12:00:00Z"}


def page_with(row: dict[str, Any]) -> dict[str, Any]:
    """A page of one such row."""
    return {"results": [row], "next": None}
