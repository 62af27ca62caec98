"""The words of the sales data spelled out, and the names of types that no rule can guess."""

WORDS = {"FRZN": "frozen"}
PHRASES: dict[str, str] = {}
