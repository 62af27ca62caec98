"""Published versions: which serves, which was refused and why, and the way to another one."""

from collections.abc import Container
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, LivePointer
from recommendations.rest import examples
from recommendations.rest.base import TrustedView
from recommendations.rest.conditional import SeldomChangedView
from recommendations.rest.described import in_path, operation
from recommendations.rest.pages import HIGHEST_ID, Page, asked_of, checked, page, page_of
from recommendations.services import command

ARTEFACT_ID = in_path("artefact_id", "a version's id", kind=int)


class ArtefactRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ArtefactKind.values)
    status = serializers.ChoiceField(choices=ArtefactStatus.values)
    serves = serializers.BooleanField(default=False)
    reason = serializers.CharField(allow_blank=True, help_text="why it was refused")
    metrics = serializers.DictField()
    size = serializers.IntegerField(help_text="bytes of its file; 0 where it is rows")
    sha256 = serializers.CharField(allow_blank=True)
    data_orders = serializers.IntegerField(help_text="orders that it learnt from")
    created_at = serializers.DateTimeField()


class ArtefactFilters(Page):
    kind = serializers.ChoiceField(choices=ArtefactKind.values, required=False)
    status = serializers.ChoiceField(choices=ArtefactStatus.values, required=False)


class KindOfArtefact(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=ArtefactKind.values)


class ArtefactsView(SeldomChangedView):
    """Versions, newest first."""

    part = "artefacts"
    rights = {"GET": ["view_artefact"]}

    @operation(
        "List versions",
        answer=page_of(ArtefactRow),
        parameters=(ArtefactFilters,),
        errors=(401, 403),
        shown=examples.page_with(examples.VERSION),
    )
    def get(self, request: Request) -> Response:
        asked = asked_of(ArtefactFilters, request)
        chosen = {name: asked[name] for name in ("kind", "status") if name in asked}
        found, following = page(Artefact.objects.filter(**chosen), by="id", asked=asked)
        live = set(LivePointer.objects.values_list("artefact_id", flat=True))
        return Response({"results": [_as_json(one, live) for one in found], "next": following})


class PublishView(TrustedView):
    """Let a version serve that was published before; one whose file is not whole is refused, and the live one stays."""

    part = "artefacts"
    operation_name = "PublishArtefact"
    rights = {"POST": ["publish_artefact"]}

    @operation(
        "Publish a version",
        answer=ArtefactRow,
        parameters=(ARTEFACT_ID,),
        errors=(401, 403, 404, 409),
        shown=examples.VERSION,
    )
    def post(self, request: Request, artefact_id: int) -> Response:
        artefact = Artefact.objects.filter(pk=artefact_id).first() if artefact_id <= HIGHEST_ID else None
        if artefact is None:
            raise Http404("there is no such version")
        command.serve_version(artefact, user=request.user)
        return Response(_as_json(artefact, {artefact.pk}))


class RollBackView(TrustedView):
    """Let the version before the live one serve."""

    part = "artefacts"
    operation_name = "RollBackArtefact"
    rights = {"POST": ["roll_back_artefact"]}

    @operation(
        "Roll back",
        answer=ArtefactRow,
        request=KindOfArtefact,
        errors=(401, 403, 409),
        sent={"kind": "network"},
        shown=examples.VERSION,
    )
    def post(self, request: Request) -> Response:
        kind = ArtefactKind(checked(KindOfArtefact, request)["kind"])
        artefact = command.roll_back(kind, user=request.user)
        return Response(_as_json(artefact, {artefact.pk}))


def _as_json(artefact: Artefact, live: Container[int]) -> dict[str, Any]:
    return {**ArtefactRow(artefact).data, "serves": artefact.pk in live}
