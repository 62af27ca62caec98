"""Answers as the API's description shows them."""

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
