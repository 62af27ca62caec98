"""URLs of the reference shop: the plugin needs only the one line for its API."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerSplitView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("recommendations.urls")),
    path(
        "api/v1/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="recommendations:schema", title="Basketry"),
        name="docs",
    ),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("shop.urls")),
]
