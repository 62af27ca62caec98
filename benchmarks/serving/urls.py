"""The reference shop's URLs, and beside them a view of Django and one of DRF that do nothing."""

from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


def empty_view(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    return JsonResponse({})


class EmptyView(APIView):
    """As the framework's documentation writes one."""

    def get(self, request: Request) -> Response:  # noqa: ARG002
        return Response({})


urlpatterns = [
    path("empty/django", empty_view),
    path("empty/drf", EmptyView.as_view()),
    path("", include("config.urls")),
]
