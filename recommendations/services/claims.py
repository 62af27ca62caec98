"""A rule as a sentence with its counts."""

from collections.abc import Mapping

from django.utils.translation import gettext, ngettext

from recommendations.models import Rule, RuleKind


def antecedents(rule: Rule) -> list[int]:
    """Ids of the items on the rule's left side, 1 to 3."""
    return [pk for pk in (rule.antecedent_id, rule.antecedent_2_id, rule.antecedent_3_id) if pk is not None]


def sentence(rule: Rule, titles: Mapping[int, str]) -> str:
    """The rule's claim in plain words: "37 of the 210 orders with X also had Y; chance would give 9"."""
    plain = rule.antecedent_orders * rule.consequent_orders / rule.total_orders
    expected = plain if rule.expected is None else rule.expected
    return _words(rule) % {
        "both": f"{rule.orders:,}",
        "first_orders": f"{rule.antecedent_orders:,}",
        "first": gettext(" and ").join(titles[pk] for pk in antecedents(rule)),
        "second": titles[rule.consequent_id],
        "expected": f"{expected:,.0f}" if expected >= 1 else f"{expected:.2g}",
    }


def _words(rule: Rule) -> str:
    match rule.kind:
        case RuleKind.SUBSTITUTE:
            return ngettext(
                "%(first)s and %(second)s are bought in place of each other: %(both)s order with both; "
                "chance would give %(expected)s",
                "%(first)s and %(second)s are bought in place of each other: %(both)s orders with both; "
                "chance would give %(expected)s",
                rule.orders,
            )
        case RuleKind.VIEWED_TOGETHER:
            return gettext(
                "%(both)s of the %(first_orders)s visitors who viewed %(first)s also viewed %(second)s; "
                "chance would give %(expected)s"
            )
        case RuleKind.VIEWED_THEN_BOUGHT:
            return gettext(
                "%(both)s of the %(first_orders)s visitors who viewed %(first)s also bought %(second)s; "
                "chance would give %(expected)s"
            )
        case _:
            return gettext(
                "%(both)s of the %(first_orders)s orders with %(first)s also had %(second)s; "
                "chance would give %(expected)s"
            )
