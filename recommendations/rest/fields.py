"""Fields of the bodies and parameters that staff send: what the database takes, and nothing else."""

import math
from datetime import datetime
from typing import Any

from rest_framework import serializers

YEARS = range(1970, 9_999)


class Number(serializers.FloatField):
    """A finite number."""

    def to_internal_value(self, data: Any) -> float:
        try:
            value = super().to_internal_value(data)
        except OverflowError:
            value = math.inf
        if isinstance(data, bool) or not math.isfinite(value):
            raise serializers.ValidationError("must be a finite number")
        return value


class Moment(serializers.DateTimeField):
    """A time with a time zone that every database and zone can hold."""

    def to_internal_value(self, value: Any) -> datetime:
        moment: datetime = super().to_internal_value(value)
        if moment.year not in YEARS:
            raise serializers.ValidationError("must be a time from 1970 to 9998")
        return moment


class Named(serializers.SlugRelatedField[Any]):
    """A row by its name; a text that no database takes is the name of none."""

    def to_internal_value(self, data: Any) -> Any:
        if "\x00" in str(data):
            raise serializers.ValidationError("must be the name of one that there is")
        return super().to_internal_value(data)
