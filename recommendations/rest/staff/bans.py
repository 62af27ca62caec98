"""Categories that staff keep apart."""

from typing import Any

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.models import CategoryBan
from recommendations.rest import examples
from recommendations.rest.base import TrustedView
from recommendations.rest.described import in_path, operation
from recommendations.rest.fields import Moment
from recommendations.rest.pages import HIGHEST_ID, Page, asked_of, checked, page, page_of
from recommendations.services import bans, curate

BAN_ID = in_path("ban_id", "a ban's id", kind=int)


class BanRow(serializers.Serializer[Any]):
    id = serializers.IntegerField(read_only=True)
    category = serializers.CharField(max_length=200, help_text="a category's key")
    beside = serializers.CharField(max_length=200, help_text="another; the ban holds both ways")
    starts_at = Moment(required=False, allow_null=True, default=None)
    ends_at = Moment(required=False, allow_null=True, default=None)
    note = serializers.CharField(required=False, allow_blank=True, max_length=1_000, default="")


class BansView(TrustedView):
    """Pairs of categories that never stand beside each other."""

    part = "placements"
    rights = {"GET": ["view_categoryban"], "POST": ["add_categoryban"]}

    @operation(
        "List category bans",
        answer=page_of(BanRow),
        parameters=(Page,),
        errors=(401, 403),
        shown=examples.page_with(examples.BAN),
    )
    def get(self, request: Request) -> Response:
        asked = asked_of(Page, request)
        found, following = page(CategoryBan.objects.all(), by="id", asked=asked)
        return Response({"results": BanRow(found, many=True).data, "next": following})

    @operation(
        "Keep two categories apart",
        answer=BanRow,
        status=201,
        request=BanRow,
        errors=(401, 403),
        sent={"category": "wine", "beside": "baby", "note": "never together"},
        shown=examples.BAN,
    )
    def post(self, request: Request) -> Response:
        may_change = request.user.has_perm("recommendations.change_categoryban")
        ban = bans.keep_apart(**checked(BanRow, request), may_change=may_change, user_id=self.user_id)
        return Response(BanRow(ban).data, status=status.HTTP_201_CREATED)


class BanView(TrustedView):
    """One category ban."""

    part = "placements"
    rights = {"DELETE": ["delete_categoryban"]}

    @operation("Delete a category ban", status=204, parameters=(BAN_ID,), errors=(401, 403, 404))
    def delete(self, request: Request, ban_id: int) -> Response:
        ban = CategoryBan.objects.filter(pk=ban_id).first() if ban_id <= HIGHEST_ID else None
        if ban is None:
            raise Http404("there is no such ban")
        curate.remove(ban, user_id=self.user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
