"""Frozen, validated values that cross the layers. numpy only: no Django, no settings, no clock."""
