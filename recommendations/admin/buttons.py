"""Buttons above a list: each posts to a view of its own, behind a permission."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from recommendations.admin.base import ReadOnlyAdmin


@dataclass(frozen=True, slots=True)
class Button:
    """One thing that staff may start: its name in the URL, its label, the permission it needs, what it does."""

    name: str
    label: Any
    permission: str
    press: Callable[[HttpRequest], None]


class ButtonAdmin(ReadOnlyAdmin):
    """A read-only list with buttons."""

    def buttons(self) -> Sequence[Button]:
        """The buttons, first to last."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        pressed = path("press/<slug:name>/", self.admin_site.admin_view(self.press), name=f"{self._named}_press")
        return [pressed, *super().get_urls()]

    def press(self, request: HttpRequest, name: str) -> HttpResponse:
        """Do what the button says and go back to the list."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        button = next((button for button in self.buttons() if button.name == name), None)
        if button is None or not _may(request, button):
            raise PermissionDenied
        button.press(request)
        return HttpResponseRedirect(self.list_url())

    def list_url(self) -> str:
        """Where the list is."""
        return reverse(f"admin:{self._named}_changelist", current_app=self.admin_site.name)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        buttons = [
            {
                "label": button.label,
                "url": reverse(f"admin:{self._named}_press", args=[button.name], current_app=self.admin_site.name),
            }
            for button in self.buttons()
            if _may(request, button)
        ]
        return super().changelist_view(request, {**(extra_context or {}), "buttons": buttons})


def _may(request: HttpRequest, button: Button) -> bool:
    return bool(request.user.has_perm(button.permission))
