"""Rules that staff make by hand: products that they want beside others."""

from typing import Any

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.models import ManualRule
from recommendations.rest import examples
from recommendations.rest.base import TrustedView
from recommendations.rest.described import in_path, operation
from recommendations.rest.fields import Moment
from recommendations.rest.pages import HIGHEST_ID, Page, asked_of, checked, page, page_of
from recommendations.rest.parameters import refuse_unknown
from recommendations.services import by_hand

MANUAL_ID = in_path("manual_id", "a rule's id", kind=int)


class ManualRuleRow(serializers.Serializer[Any]):
    id = serializers.IntegerField(read_only=True)
    beside = serializers.CharField(max_length=200, source="antecedent.key", help_text="key of a product")
    product = serializers.CharField(max_length=200, source="consequent.key", help_text="key of what is shown there")
    position = serializers.IntegerField(
        min_value=1, max_value=100, required=False, allow_null=True, default=None, help_text="null: before all others"
    )
    starts_at = Moment(required=False, allow_null=True, default=None)
    ends_at = Moment(required=False, allow_null=True, default=None)
    note = serializers.CharField(required=False, allow_blank=True, max_length=1_000, default="")


class ManualRulesView(TrustedView):
    """What staff want beside products; they are served as chosen by the shop, with no counts but the pair's own."""

    part = "rules"
    rights = {"GET": ["decide_rule"], "POST": ["decide_rule"]}

    @operation(
        "List rules by hand",
        answer=page_of(ManualRuleRow),
        parameters=(Page,),
        errors=(401, 403),
        shown=examples.page_with(examples.MANUAL_RULE),
    )
    def get(self, request: Request) -> Response:
        asked = asked_of(Page, request)
        found, following = page(ManualRule.objects.select_related("antecedent", "consequent"), by="id", asked=asked)
        return Response({"results": ManualRuleRow(found, many=True).data, "next": following})

    @operation(
        "Show a product beside another",
        answer=ManualRuleRow,
        status=201,
        request=ManualRuleRow,
        errors=(401, 403),
        sent={"beside": "bread", "product": "new-butter", "position": 1, "note": "launch"},
        shown=examples.MANUAL_RULE,
    )
    def post(self, request: Request) -> Response:
        body = checked(ManualRuleRow, request)
        beside, product = body.pop("antecedent")["key"], body.pop("consequent")["key"]
        (rule,) = by_hand.choose(beside=[beside], product=product, **body, user_id=self.user_id)
        return Response(ManualRuleRow(rule).data, status=status.HTTP_201_CREATED)


class ManualRuleView(TrustedView):
    """One rule by hand. To change it, send it again: it is one for its two products."""

    part = "rules"
    rights = {"GET": ["decide_rule"], "DELETE": ["decide_rule"]}

    @operation(
        "One rule by hand",
        answer=ManualRuleRow,
        parameters=(MANUAL_ID,),
        errors=(401, 403, 404),
        shown=examples.MANUAL_RULE,
    )
    def get(self, request: Request, manual_id: int) -> Response:
        refuse_unknown(request.query_params, ())
        return Response(ManualRuleRow(manual_rule_of(manual_id)).data)

    @operation("Withdraw a rule by hand", status=204, parameters=(MANUAL_ID,), errors=(401, 403, 404))
    def delete(self, request: Request, manual_id: int) -> Response:
        by_hand.withdraw([manual_rule_of(manual_id)], user_id=self.user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def manual_rule_of(manual_id: int) -> ManualRule:
    """The rule by hand of this id."""
    rules = ManualRule.objects.select_related("antecedent", "consequent")
    rule = rules.filter(pk=manual_id).first() if manual_id <= HIGHEST_ID else None
    if rule is None:
        raise Http404("there is no such rule by hand")
    return rule
