"""The plugin's rows. ORM only: fields, constraints, indexes and named questions; no algorithm."""

from recommendations.models.artefacts import Artefact, ArtefactKind, ArtefactStatus, LivePointer
from recommendations.models.browsing import BrowseLog, EventKind, Rating
from recommendations.models.campaigns import CampaignMode, CampaignPeriod
from recommendations.models.counts import BasketTotals, GenerationState, ItemCount, PairCount
from recommendations.models.exposures import Arrival, ItemExposure
from recommendations.models.feedback import Impression
from recommendations.models.items import Item
from recommendations.models.jobs import OPEN_STATES, JobKind, JobRun, JobState
from recommendations.models.orders import Amendment, AmendmentKind, Counted, Excluded, Order, OrderLine, Status
from recommendations.models.placements import (
    BoughtBefore,
    CategoryBan,
    Fallback,
    Pin,
    PinKind,
    Placement,
    Strategy,
)
from recommendations.models.rules import APPROVING, Decision, Rule, RuleDecision, RuleKind, RuleStatus
from recommendations.models.shoppers import Consent, Shopper
from recommendations.models.spellings import Spelling

__all__ = [
    "APPROVING",
    "OPEN_STATES",
    "Amendment",
    "AmendmentKind",
    "Arrival",
    "Artefact",
    "ArtefactKind",
    "ArtefactStatus",
    "BasketTotals",
    "BoughtBefore",
    "BrowseLog",
    "CampaignMode",
    "CampaignPeriod",
    "CategoryBan",
    "Consent",
    "Counted",
    "Decision",
    "EventKind",
    "Excluded",
    "Fallback",
    "GenerationState",
    "Impression",
    "Item",
    "ItemCount",
    "ItemExposure",
    "JobKind",
    "JobRun",
    "JobState",
    "LivePointer",
    "Order",
    "OrderLine",
    "PairCount",
    "Pin",
    "PinKind",
    "Placement",
    "Rating",
    "Rule",
    "RuleDecision",
    "RuleKind",
    "RuleStatus",
    "Shopper",
    "Spelling",
    "Status",
    "Strategy",
]
