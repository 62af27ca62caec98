"""Package sizes of the sales data as one reads them on a label: `L     8 OZ` is `8 oz`."""

import re

UNITS = {
    "OZ": "oz", "OZS": "oz", "Z": "oz", "O": "oz", "FL OZ": "oz", "LB": "lb", "LBS": "lb",
    "GA": "gal", "GAL": "gal", "GALON": "gal", "QT": "qt", "PT": "pt", "L": "l", "LT": "l", "LTR": "l", "ML": "ml",
    "CT": "ct", "PC": "ct", "PCS": "ct", "PK": "pack", "PKS": "pack", "P": "pack", "DZ": "dozen", "DOZ": "dozen",
    "FT": "ft", "IN": "in", "SQ FT": "sq ft", "LOAD": "loads", "LOADS": "loads", "LD": "loads", "LDS": "loads",
    "STEM": "stems", "USE": "uses", "SL": "slices",
}  # fmt: skip
ALONE = ("LB", "PT", "QT", "GAL", "GA", "DZ", "L")
RANGES = ("ct", "lb", "stems")
TIMES = "\N{MULTIPLICATION SIGN}"

_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
_NUMBER = r"\d+[ -]\d+/\d+|\d+/\d+|\d*\.?\d+"
MEASURE = re.compile(rf"({_NUMBER})\s*-?\s*({_UNIT})\b")
MULTIPLE = re.compile(rf"^(\d+)\s*([-/])\s*(\d*\.?\d+)\s*({_UNIT})\b")
CODE = re.compile(r"\(\d+\)|\b\d{5,}\b")


def size_label(raw: str) -> str:
    """The size in plain words; empty where the data gives none that can be read."""
    text = CODE.sub(" ", raw.upper()).replace("(", " ").strip()
    multiple = MULTIPLE.match(text)
    if multiple and not _is_fraction(multiple):
        count, between, number, unit = multiple.groups()
        sign = "-" if between == "-" and UNITS[unit] in RANGES else f" {TIMES} "
        return f"{count}{sign}{_measure(number, unit)}"
    found = [_measure(number, unit) for number, unit in MEASURE.findall(text)][:2]
    if not found:
        return f"1 {UNITS[text]}" if text in ALONE else ""
    return _joined(found)


def _is_fraction(multiple: re.Match[str]) -> bool:
    """`1/2 GAL` is half a gallon, `7-3/4 OZ` a mixed number, and `6/16 OZ` six times sixteen ounces."""
    count, between, number, _ = multiple.groups()
    return between == "/" and (count, number) in {("1", "2"), ("1", "3"), ("1", "4"), ("3", "4")}


def _joined(found: list[str]) -> str:
    """`12 pack` and `12 oz` are twelve times 12 oz, in whichever order they stand."""
    packs = [measure for measure in found if measure.endswith(" pack")]
    others = [measure for measure in found if not measure.endswith(" pack")]
    if packs and others:
        return f"{packs[0].removesuffix(' pack')} {TIMES} {others[0]}"
    return ", ".join(others[:2]) if others and others[0].endswith(" ct") else found[0]


def _measure(number: str, unit: str) -> str:
    return f"{_decimal(number)} {UNITS[unit]}"


def _decimal(number: str) -> str:
    whole, _, fraction = number.replace("-", " ").rpartition(" ")
    top, _, bottom = fraction.partition("/")
    value = float(whole or 0) + float(top) / float(bottom or 1)
    return f"{value:.2f}".rstrip("0").rstrip(".")
