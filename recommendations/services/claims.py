"""A rule as a sentence with its counts."""

from collections.abc import Mapping

from django.utils.translation import gettext, ngettext

from recommendations.mining.holds import Hold
from recommendations.models import Rule, RuleKind
from recommendations.services.holding import PART


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


def why_held(rule: Rule) -> list[str]:
    """A sentence for each reason why the rule waits for staff; none where it does not."""
    sentences = {
        Hold.ONE_VOTE: gettext(
            "its %(orders)s orders are of %(shoppers)s shoppers: each counted once, chance gives about as many"
        ),
        Hold.YOUNG_ACCOUNTS: gettext("only %(old)s of its %(shoppers)s shoppers had accounts of some age"),
        Hold.BURST: gettext(
            "%(orders)s of its orders fell within %(days)s days, more than what was sold then explains"
        ),
        Hold.FEW_ACCOUNTS: gettext("its shoppers ordered it %(each)s times each; %(usual)s times is usual"),
        Hold.FEW_DAYS: gettext("it was ordered on %(days)s different days only"),
        PART: gettext("products of it are held as a pair"),
    }
    return [sentences[reason] % figures for reason, figures in rule.hold_reasons.items() if reason in sentences]
