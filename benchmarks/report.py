"""What every benchmark prints and writes: a table for the eye, JSON for comparison."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

Figures = Mapping[str, str | int | float]


def publish(
    benchmark: str,
    rows: Sequence[Figures],
    ratios: Mapping[str, float],
    json_file: Path | None,
    *,
    top: Figures | None = None,
) -> None:
    """Print the rows (ours first, each with its `name`) and write them where a file is named.

    Figures carry their unit in their name: `wall_s`, `cpu_s`, `peak_mb`. A ratio says how many times better ours is.
    `top` are figures that the file has beside its rows, for those who read one number.
    """
    print(_table(rows))
    for name, ratio in ratios.items():
        print(f"{name} = {ratio:.2f}")
    if json_file is not None:
        written = {
            "benchmark": benchmark,
            "machine": machine(),
            "rows": list(rows),
            "ratios": dict(ratios),
            **(top or {}),
        }
        json_file.write_text(json.dumps(written, indent=2) + "\n")


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _table(rows: Sequence[Figures]) -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [columns, *[[_cell(row.get(column, "")) for column in columns] for row in rows]]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    )


def _cell(value: str | int | float) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if value >= 10 else f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else value
