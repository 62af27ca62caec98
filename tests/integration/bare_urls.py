"""URLs of the smallest host."""

from django.urls import include, path

urlpatterns = [path("api/v1/", include("recommendations.urls"))]
