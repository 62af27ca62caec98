"""What the live rules say of a product: what is viewed with it, what is bought instead of it."""

from collections.abc import Sequence

import numpy as np

from recommendations.data.candidates import Source
from recommendations.models import ArtefactKind, Rule, RuleKind
from recommendations.ranking.candidates import PAGE_DISCOUNT, SHRINKAGE
from recommendations.ranking.reasons import Code, Evidence, Reason
from recommendations.selectors.shown_rules import rules_from, rules_with
from recommendations.services.opinion import Opinion, Question
from recommendations.services.similar import similar


def viewed_together(question: Question) -> Opinion | None:
    """What is viewed with the last asked product; None where no rule says anything of it.

    By visitors who viewed both, popularity discounted as on the product page: n_ab / (n_b + 30)^0.2.
    """
    rules = rules_from(question.asked[-1], RuleKind.VIEWED_TOGETHER, now=question.now) if question.asked else []
    told = [
        (rule.consequent_id, rule.orders / (rule.consequent_orders + SHRINKAGE) ** PAGE_DISCOUNT, rule)
        for rule in rules
    ]
    return _opinion(told, question, Source.VIEWED, Code.VIEWED_TOGETHER)


def substitutes(question: Question) -> Opinion | None:
    """What is bought instead of the last asked product, what is missed together most first; `similar` without any."""
    rules = rules_with(question.asked[-1], RuleKind.SUBSTITUTE, now=question.now) if question.asked else []
    told = {rule.consequent_id: (rule.consequent_id, (rule.expected or 0.0) - rule.orders, rule) for rule in rules}
    return _opinion(list(told.values()), question, Source.SUBSTITUTE, Code.SUBSTITUTE) or similar(question)


def _opinion(told: Sequence[tuple[int, float, Rule]], question: Question, source: Source, code: Code) -> Opinion | None:
    best = sorted(told, key=lambda one: (-one[1], one[0]))[: question.most]
    if not best:
        return None
    because = question.asked[-1]
    return Opinion(
        versions={ArtefactKind.RULES: best[0][2].artefact_id},
        source=source,
        item_ids=np.array([item for item, _, _ in best], dtype=np.int64),
        scores=np.array([score for _, score, _ in best], dtype=np.float64),
        history=(best[0][2].antecedent_id,),
        reasons={item: Reason(code, _evidence(rule), because) for item, _, rule in best},
    )


def _evidence(rule: Rule) -> Evidence:
    return Evidence(
        n_ab=rule.orders,
        n_a=rule.antecedent_orders,
        n_b=rule.consequent_orders,
        n=rule.total_orders,
        confidence=rule.confidence,
        lift=rule.lift,
    )
