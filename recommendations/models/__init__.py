"""The plugin's rows. ORM only: fields, constraints, indexes and named questions; no algorithm."""

from recommendations.models.artefacts import Artefact, ArtefactKind, ArtefactStatus, LivePointer
from recommendations.models.browsing import BrowseLog, EventKind, Rating
from recommendations.models.campaigns import CampaignMode, CampaignPeriod
from recommendations.models.counts import BasketTotals, GenerationState, ItemCount, PairCount
from recommendations.models.erased import ErasedKey
from recommendations.models.exposures import Arrival, ItemExposure
from recommendations.models.feedback import Impression
from recommendations.models.items import Item
from recommendations.models.jobs import OPEN_STATES, JobKind, JobLog, JobRun, JobState, LogLevel
from recommendations.models.orders import Amendment, AmendmentKind, Counted, Excluded, Order, OrderLine, Status
from recommendations.models.outcomes import (
    CHOSEN,
    ChangedDay,
    DailyOutcome,
    ItemOutcome,
    OutcomeState,
    ShownItems,
)
from recommendations.models.parameters import Desk, Parameters
from recommendations.models.placements import (
    BoughtBefore,
    CategoryBan,
    Fallback,
    Pin,
    PinKind,
    Placement,
    Strategy,
)
from recommendations.models.reviews import ReviewReason, RuleReview
from recommendations.models.rules import (
    APPROVING,
    FIGURES,
    Decision,
    ManualRule,
    Rule,
    RuleDecision,
    RuleKind,
    RuleStatus,
)
from recommendations.models.shoppers import Consent, Shopper
from recommendations.models.spellings import Spelling

__all__ = [
    "APPROVING",
    "CHOSEN",
    "FIGURES",
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
    "ChangedDay",
    "Consent",
    "Counted",
    "DailyOutcome",
    "Decision",
    "Desk",
    "ErasedKey",
    "EventKind",
    "Excluded",
    "Fallback",
    "GenerationState",
    "Impression",
    "Item",
    "ItemCount",
    "ItemExposure",
    "ItemOutcome",
    "JobKind",
    "JobLog",
    "JobRun",
    "JobState",
    "LivePointer",
    "LogLevel",
    "ManualRule",
    "Order",
    "OrderLine",
    "OutcomeState",
    "PairCount",
    "Parameters",
    "Pin",
    "PinKind",
    "Placement",
    "Rating",
    "ReviewReason",
    "Rule",
    "RuleDecision",
    "RuleKind",
    "RuleReview",
    "RuleStatus",
    "Shopper",
    "ShownItems",
    "Spelling",
    "Status",
    "Strategy",
]
