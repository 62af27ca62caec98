"""What data each strategy has and needs."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.models import Strategy
from recommendations.rest.conditional import SeldomChangedView
from recommendations.rest.described import operation
from recommendations.rest.parameters import refuse_unknown
from recommendations.services.readiness import COUNTS, readiness


class ReadinessRow(serializers.Serializer[Any]):
    strategy = serializers.ChoiceField(choices=Strategy.values)
    is_ready = serializers.BooleanField()
    have = serializers.IntegerField(help_text="not counted beyond `need`")
    need = serializers.IntegerField(help_text="about enough")
    unit = serializers.ChoiceField(choices=list(COUNTS))
    words = serializers.CharField()


class Readiness(serializers.Serializer[Any]):
    strategies = ReadinessRow(many=True)


class ReadinessView(SeldomChangedView):
    """What each strategy can rest on, and about how much it needs; until then its fallback answers."""

    part = "health"
    rights = {"GET": ["view_placement"]}

    @operation(
        "What each strategy needs",
        answer=Readiness,
        errors=(401, 403),
        shown={
            "strategies": [
                {
                    "strategy": "related",
                    "is_ready": False,
                    "have": 812,
                    "need": 1000,
                    "unit": "orders",
                    "words": "bought together with a product: 812 of about 1,000 orders",
                }
            ]
        },
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request.query_params, ())
        return Response({"strategies": ReadinessRow(readiness(), many=True).data})
