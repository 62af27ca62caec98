"""Rules with their counts, measures and sentence, and what staff decide of them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.models import FIGURES, Decision, Rule, RuleDecision, RuleKind, RuleStatus
from recommendations.models.rules import STRENGTHS
from recommendations.rest import examples
from recommendations.rest.base import TrustedView
from recommendations.rest.conditional import SeldomChangedView
from recommendations.rest.described import in_path, operation
from recommendations.rest.fields import Moment, Number
from recommendations.rest.pages import HIGHEST_ID, Page, asked_of, checked, page, page_of
from recommendations.rest.parameters import refuse_unknown
from recommendations.services import claims
from recommendations.services.decide import decide, values, withdraw
from recommendations.services.live import pairs_now, rule_now
from recommendations.services.titles import context_of, titles

UNDECIDED = "none"
WAITING = "waiting"
MEASURES = ("orders", "shoppers", "support", "confidence", "lift", "leverage")

LEFT = ("antecedent", "antecedent_2", "antecedent_3")
SIDES = {"antecedent": LEFT, "consequent": ("consequent",), "product": (*LEFT, "consequent")}

RULE_ID = in_path("rule_id", "a rule's id", kind=int)


class RuleFilters(Page):
    """Which rules: those of the live version unless another one is asked for."""

    version = serializers.IntegerField(min_value=1, max_value=HIGHEST_ID, required=False, help_text="an artefact's id")
    kind = serializers.ChoiceField(choices=RuleKind.values, required=False)
    review = serializers.ChoiceField(
        choices=[WAITING, *RuleStatus.values], required=False, help_text="`waiting`: held and not yet approved"
    )
    decision = serializers.ChoiceField(choices=[*Decision.values, UNDECIDED], required=False)
    product = serializers.CharField(max_length=200, required=False, help_text="key of an item on either side")
    antecedent = serializers.CharField(max_length=200, required=False, help_text="key of an item on the left side")
    consequent = serializers.CharField(max_length=200, required=False, help_text="key of the item on the right side")
    by = serializers.ChoiceField(choices=MEASURES, required=False, default="orders", help_text="largest first")
    min_orders = serializers.IntegerField(min_value=0, max_value=HIGHEST_ID, required=False)
    min_shoppers = serializers.IntegerField(min_value=0, max_value=HIGHEST_ID, required=False)
    min_support = Number(required=False)
    min_confidence = Number(required=False)
    min_lift = Number(required=False)
    min_leverage = Number(required=False)


class DecisionRow(serializers.Serializer[Any]):
    rule_key = serializers.CharField()
    decision = serializers.ChoiceField(choices=Decision.values)
    strength = serializers.FloatField(help_text="how many times a boosted rule counts")
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    decided_by = serializers.CharField(allow_null=True)
    decided_at = serializers.DateTimeField()


class CountsOfNow(serializers.Serializer[Any]):
    orders = serializers.IntegerField()
    antecedent_orders = serializers.IntegerField()
    holds = serializers.BooleanField(allow_null=True, help_text="null: rules of several antecedents make no claim")
    waits = serializers.BooleanField()


class RuleRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    key = serializers.CharField(help_text="the claim's name in every version")
    kind = serializers.ChoiceField(choices=RuleKind.values)
    version = serializers.IntegerField()
    antecedents = serializers.ListField(child=serializers.CharField(), help_text="item keys")
    consequent = serializers.CharField(help_text="an item key")
    claim = serializers.CharField(help_text="in words, with its counts")
    status = serializers.ChoiceField(choices=RuleStatus.values)
    held_because = serializers.ListField(child=serializers.CharField())
    orders = serializers.IntegerField()
    antecedent_orders = serializers.IntegerField()
    consequent_orders = serializers.IntegerField()
    total_orders = serializers.IntegerField()
    shoppers = serializers.IntegerField()
    support = serializers.FloatField()
    confidence = serializers.FloatField()
    lift = serializers.FloatField()
    leverage = serializers.FloatField()
    conviction = serializers.FloatField(allow_null=True, help_text="null: infinite")
    p = serializers.FloatField(allow_null=True)
    weighted_lift = serializers.FloatField(allow_null=True)
    now = CountsOfNow(allow_null=True)
    decision = DecisionRow(allow_null=True)


class Decided(serializers.Serializer[Any]):
    """A decision to take. What is left out of the period has no end there; an empty note leaves an earlier one."""

    decision = serializers.ChoiceField(choices=Decision.values)
    strength = Number(
        min_value=STRENGTHS[0], max_value=STRENGTHS[1], required=False, default=None, help_text="of a boost, 2 at first"
    )
    starts_at = Moment(required=False, allow_null=True, default=None)
    ends_at = Moment(required=False, allow_null=True, default=None)
    note = serializers.CharField(required=False, allow_blank=True, max_length=1_000, default="")


class RulesView(SeldomChangedView):
    """Published rules, largest first; every filter is known by name and checked."""

    part = "rules"
    rights = {"GET": ["view_rule"]}

    @operation(
        "List rules",
        answer=page_of(RuleRow),
        parameters=(RuleFilters,),
        errors=(401, 403),
        shown=examples.page_with(examples.RULE),
    )
    def get(self, request: Request) -> Response:
        asked = asked_of(RuleFilters, request)
        found, following = page(_filtered(asked), by=asked["by"], asked=asked)
        return Response({"results": as_json(found, request), "next": following})


class RuleView(SeldomChangedView):
    """One rule; of several antecedents it is counted anew."""

    part = "rules"
    rights = {"GET": ["view_rule"]}

    @operation("One rule", answer=RuleRow, parameters=(RULE_ID,), errors=(401, 403, 404), shown=examples.RULE)
    def get(self, request: Request, rule_id: int) -> Response:
        refuse_unknown(request.query_params, ())
        rule = rule_of(rule_id)
        (row,) = as_json([rule], request)
        row["now"] = _counts(rule_now(rule, now=timezone.now()))
        return Response(row)


class DecisionView(TrustedView):
    """What staff decided of a rule: it holds for the same claim in every later version, and leaves one log entry."""

    part = "rules"
    rights = {"GET": ["view_ruledecision"], "POST": ["decide_rule"], "DELETE": ["decide_rule"]}

    @operation(
        "What was decided", answer=DecisionRow, parameters=(RULE_ID,), errors=(401, 403, 404), shown=examples.DECISION
    )
    def get(self, request: Request, rule_id: int) -> Response:
        refuse_unknown(request.query_params, ())
        return Response(_decision(decision_of(rule_of(rule_id))))

    @operation(
        "Decide of a rule",
        answer=DecisionRow,
        parameters=(RULE_ID,),
        request=Decided,
        errors=(401, 403, 404),
        sent={"decision": "approved", "ends_at": "2026-12-31T00:00:00Z", "note": "for the season"},
        shown=examples.DECISION,
    )
    def post(self, request: Request, rule_id: int) -> Response:
        body = checked(Decided, request)
        rule = rule_of(rule_id)
        decide(
            rule_keys=[rule.key],
            decision=Decision(body["decision"]),
            note=body["note"],
            strength=body["strength"],
            period=(body["starts_at"], body["ends_at"]),
            user_id=self.user_id,
        )
        return Response(_decision(decision_of(rule)))

    @operation("Withdraw a decision", status=204, parameters=(RULE_ID,), errors=(401, 403, 404))
    def delete(self, request: Request, rule_id: int) -> Response:
        if not withdraw(rule_keys=[rule_of(rule_id).key], user_id=self.user_id):
            raise Http404("nothing was decided of this rule")
        return Response(status=status.HTTP_204_NO_CONTENT)


def rule_of(rule_id: int) -> Rule:
    """The rule of this id, of whatever version."""
    related = ("antecedent", "antecedent_2", "antecedent_3", "consequent")
    rule = Rule.objects.select_related(*related).filter(pk=rule_id).first() if rule_id <= HIGHEST_ID else None
    if rule is None:
        raise Http404("there is no such rule")
    return rule


def decision_of(rule: Rule) -> RuleDecision:
    """What was decided of the rule."""
    decision = RuleDecision.objects.select_related("decided_by").filter(rule_key=rule.key).first()
    if decision is None:
        raise Http404("nothing was decided of this rule")
    return decision


def as_json(rules: Sequence[Rule], request: Request) -> list[dict[str, Any]]:
    """Rules with the titles, counts of now and decisions: a constant number of queries for however many."""
    ids = {pk for rule in rules for pk in (*claims.antecedents(rule), rule.consequent_id)}
    named = titles(ids, context_of(request._request))
    live = pairs_now(rules, now=timezone.now())
    decisions = RuleDecision.objects.filter(rule_key__in=[rule.key for rule in rules]).select_related("decided_by")
    by_key = {decision.rule_key: decision for decision in decisions}
    return [
        {
            "id": rule.pk,
            "key": rule.key,
            "kind": rule.kind,
            "version": rule.artefact_id,
            "antecedents": [
                item.key for item in (rule.antecedent, rule.antecedent_2, rule.antecedent_3) if item is not None
            ],
            "consequent": rule.consequent.key,
            "claim": claims.sentence(rule, named),
            "status": rule.status,
            "held_because": claims.why_held(rule),
            **{name: getattr(rule, name) for name in FIGURES},
            "now": _counts(live.get(rule.pk)),
            "decision": _decision(by_key[rule.key]) if rule.key in by_key else None,
        }
        for rule in rules
    ]


def _filtered(asked: dict[str, Any]) -> QuerySet[Any]:
    rules = Rule.objects.filter(artefact=asked["version"]) if "version" in asked else Rule.objects.live()
    rules = rules.select_related("antecedent", "antecedent_2", "antecedent_3", "consequent")
    if "kind" in asked:
        rules = rules.filter(kind=asked["kind"])
    if "review" in asked:
        waiting = Rule.objects.waiting(timezone.now()).values("pk")
        rules = rules.filter(pk__in=waiting) if asked["review"] == WAITING else rules.filter(status=asked["review"])
    if "decision" in asked:
        decided = RuleDecision.objects.values("rule_key")
        is_undecided = asked["decision"] == UNDECIDED
        rules = (
            rules.exclude(key__in=decided)
            if is_undecided
            else rules.filter(key__in=decided.filter(decision=asked["decision"]))
        )
    for name, sides in SIDES.items():
        if name in asked:
            rules = rules.filter(_any_of(sides, asked[name]))
    for measure in MEASURES:
        if f"min_{measure}" in asked:
            rules = rules.filter(**{f"{measure}__gte": asked[f"min_{measure}"]})
    return rules


def _any_of(sides: Sequence[str], key: str) -> Q:
    named = Q()
    for side in sides:
        named |= Q(**{f"{side}__key": key})
    return named


def _counts(now: Any) -> dict[str, Any] | None:
    return None if now is None else dict(CountsOfNow(now).data)


def _decision(decision: RuleDecision) -> dict[str, Any]:
    who = decision.decided_by
    said = {**values(decision), "decided_at": decision.decided_at}
    return dict(DecisionRow({**said, "decided_by": who.get_username() if who else None}).data)
