"""URLs of the plugin's API and of lists as HTML; include them under `/api/v1/`."""

from django.urls import path

from recommendations.fragments import fragment
from recommendations.rest import health, reading, recording, schema, shopper
from recommendations.rest.staff import artefacts, jobs, outcomes, placements, readiness, rules

app_name = "recommendations"
urlpatterns = [
    path("items/<path:key>/related/", reading.RelatedView.as_view(), name="related"),
    path("cart/related/", reading.CartView.as_view(), name="cart"),
    path("batch/", reading.BatchView.as_view(), name="batch"),
    path("rank/", reading.RankView.as_view(), name="rank"),
    path("recommendations/<str:token>/", reading.RecommendationView.as_view(), name="recommendation"),
    path("me/recommendations/", reading.ForYouView.as_view(), name="for-you"),
    path("me/buy-again/", reading.BuyAgainView.as_view(), name="buy-again"),
    path("me/new-for-you/", reading.NewForYouView.as_view(), name="new-for-you"),
    path("me/because-viewed/", reading.BecauseViewedView.as_view(), name="because-viewed"),
    path("me/recently-viewed/", reading.RecentlyViewedView.as_view(), name="recently-viewed"),
    path("popular/", reading.PopularView.as_view(), name="popular"),
    path("trending/", reading.TrendingView.as_view(), name="trending"),
    path("new/", reading.NewView.as_view(), name="new"),
    path("offers/", reading.OffersView.as_view(), name="offers"),
    path("me/consent/", recording.ConsentView.as_view(), name="consent"),
    path("me/merge/", shopper.MergeView.as_view(), name="merge"),
    path("ratings/", shopper.RatingsView.as_view(), name="ratings"),
    path("ratings/<path:key>/", shopper.RatingView.as_view(), name="rating"),
    path("fragments/<slug:placement>/", fragment, name="fragment"),
    path("events/", recording.EventsView.as_view(), name="events"),
    path("orders/", recording.OrdersView.as_view(), name="orders"),
    path("rules/", rules.RulesView.as_view(), name="rules"),
    path("rules/<int:rule_id>/", rules.RuleView.as_view(), name="rule"),
    path("rules/<int:rule_id>/decision/", rules.DecisionView.as_view(), name="decision"),
    path("placements/", placements.PlacementsView.as_view(), name="placements"),
    path("placements/<slug:slug>/", placements.PlacementView.as_view(), name="placement"),
    path("placements/<slug:slug>/preview/", placements.PreviewView.as_view(), name="preview"),
    path("pins/", placements.PinsView.as_view(), name="pins"),
    path("pins/<int:pin_id>/", placements.PinView.as_view(), name="pin"),
    path("jobs/", jobs.JobsView.as_view(), name="jobs"),
    path("jobs/<int:job_id>/", jobs.JobView.as_view(), name="job"),
    path("jobs/<int:job_id>/cancel/", jobs.CancelView.as_view(), name="cancel-job"),
    path("artefacts/", artefacts.ArtefactsView.as_view(), name="artefacts"),
    path("artefacts/roll-back/", artefacts.RollBackView.as_view(), name="roll-back"),
    path("artefacts/<int:artefact_id>/publish/", artefacts.PublishView.as_view(), name="publish-artefact"),
    path("outcomes/", outcomes.OutcomesView.as_view(), name="outcomes"),
    path("readiness/", readiness.ReadinessView.as_view(), name="readiness"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("health/metrics", health.metrics, name="health-metrics"),
    path("schema/", schema.SchemaView.as_view(), name="schema"),
]
