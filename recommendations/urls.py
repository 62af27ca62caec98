"""URLs of the plugin's API; include them under `/api/v1/`."""

from django.urls import URLPattern

app_name = "recommendations"
urlpatterns: list[URLPattern] = []
