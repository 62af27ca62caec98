"""URLs of the plugin's API and of lists as HTML; include them under `/api/v1/`."""

from django.urls import path

from recommendations.fragments import fragment
from recommendations.rest import health, reading, recording

app_name = "recommendations"
urlpatterns = [
    path("items/<path:key>/related/", reading.RelatedView.as_view(), name="related"),
    path("cart/related/", reading.CartView.as_view(), name="cart"),
    path("me/recommendations/", reading.ForYouView.as_view(), name="for-you"),
    path("me/consent/", recording.ConsentView.as_view(), name="consent"),
    path("fragments/<slug:placement>/", fragment, name="fragment"),
    path("events/", recording.EventsView.as_view(), name="events"),
    path("orders/", recording.OrdersView.as_view(), name="orders"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("health/metrics", health.metrics, name="health-metrics"),
]
