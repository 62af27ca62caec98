"""Times in forms."""

from django import forms


class MomentField(forms.DateTimeField):
    """A day and a time in the zone of the page, by the browser's own widget."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
