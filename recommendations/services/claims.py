"""A rule as a sentence with its counts."""

from collections.abc import Mapping

from django.utils.translation import gettext

from recommendations.models import Rule


def antecedents(rule: Rule) -> list[int]:
    """Ids of the items on the rule's left side, 1 to 3."""
    return [pk for pk in (rule.antecedent_id, rule.antecedent_2_id, rule.antecedent_3_id) if pk is not None]


def sentence(rule: Rule, titles: Mapping[int, str]) -> str:
    """The rule's claim in plain words: "37 of the 210 orders with X also had Y; chance would give 9"."""
    expected = rule.antecedent_orders * rule.consequent_orders / rule.total_orders
    return gettext(
        "%(both)s of the %(first_orders)s orders with %(first)s also had %(second)s; chance would give %(expected)s"
    ) % {
        "both": f"{rule.orders:,}",
        "first_orders": f"{rule.antecedent_orders:,}",
        "first": gettext(" and ").join(titles[pk] for pk in antecedents(rule)),
        "second": titles[rule.consequent_id],
        "expected": f"{expected:,.0f}" if expected >= 1 else f"{expected:.2g}",
    }
