"""With which parameters mining and training run, and what staff may choose them from."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.desks import DESKS, Span
from recommendations.models import Desk
from recommendations.rest.base import TrustedView
from recommendations.rest.described import in_path, operation
from recommendations.rest.pages import checked
from recommendations.rest.parameters import refuse_unknown
from recommendations.services import parameters

DESK = in_path("desk", "mining or training")
RIGHTS = ["run_jobrun"]

SHOWN = {
    "desk": "training",
    "version": 2,
    "parameters": [
        {
            "name": "TRAIN_EPOCHS",
            "value": 20,
            "is_chosen": True,
            "low": 1.0,
            "high": 100.0,
            "kind": "whole",
        }
    ],
}


class ParameterRow(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="as the setting of RECOMMENDATIONS is called")
    value = serializers.JSONField(help_text="what the next run uses: a number, true or false")
    is_chosen = serializers.BooleanField(help_text="by staff; else it is the shop's setting")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    kind = serializers.ChoiceField(choices=["whole", "number", "switch"])


class DeskParameters(serializers.Serializer[Any]):
    desk = serializers.ChoiceField(choices=Desk.values)
    version = serializers.IntegerField(help_text="how often staff changed them")
    parameters = ParameterRow(many=True)


class ParametersChange(serializers.Serializer[Any]):
    values = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        help_text="by name; null: as the shop's settings say. What is not named stays as it is",
    )


class ParametersView(TrustedView):
    """The parameters of a desk; the next run uses them."""

    part = "jobs"
    rights = {"GET": RIGHTS, "PATCH": RIGHTS}

    @operation("Parameters of a desk", answer=DeskParameters, parameters=(DESK,), errors=(401, 403, 404), shown=SHOWN)
    def get(self, request: Request, desk: str) -> Response:
        refuse_unknown(request.query_params, ())
        return Response(_answer(_desk(desk)))

    @operation(
        "Choose parameters",
        answer=DeskParameters,
        parameters=(DESK,),
        request=ParametersChange,
        errors=(401, 403, 404),
        sent={"values": {"TRAIN_EPOCHS": 20}},
        shown=SHOWN,
    )
    def patch(self, request: Request, desk: str) -> Response:
        found = _desk(desk)
        wanted = checked(ParametersChange, request)["values"]
        parameters.choose(found, wanted, user=request.user)
        return Response(_answer(found))


def _desk(name: str) -> Desk:
    if name not in Desk.values:
        raise Http404("there is no such desk")
    return Desk(name)


def _answer(desk: Desk) -> Any:
    chosen = parameters.chosen(desk)
    rows = [
        {
            "name": name,
            "value": chosen.values[name],
            "is_chosen": name in chosen.chosen,
            "low": getattr(allowed, "low", None),
            "high": getattr(allowed, "high", None),
            "kind": ("whole" if allowed.whole else "number") if isinstance(allowed, Span) else "switch",
        }
        for name, allowed in DESKS[desk].items()
    ]
    return DeskParameters({"desk": desk.value, "version": chosen.version, "parameters": rows}).data
