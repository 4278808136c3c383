"""The start of commands: what a whole process takes, beside one that imports Polars alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kg.benchmarks.figures import Figure, compared, figure

_COMMANDS = (
    (("--help",), 0.3),
    (("classify", "--example"), 1.0),
)


def figures(runs: int) -> Iterator[Figure]:
    """Yield the seconds of the processor that commands take, each in a process of its own."""
    base = _used("import polars", ["-c", "import polars"], runs)
    yield base
    for words, target in _COMMANDS:
        used = _used(f"hcc-kg {' '.join(words)}", ["-m", "kg", *words], runs)
        yield replace(compared(used, base, target), of_median=True)


def _used(name: str, words: list[str], runs: int) -> Figure:
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(runs + 1):  # the first run compiles
            before = os.times()
            subprocess.run(  # noqa: S603 - our own words
                [sys.executable, *words], check=True, capture_output=True, cwd=Path(folder)
            )
            after = os.times()
            own = after.children_user - before.children_user
            seconds.append(own + after.children_system - before.children_system)
    return figure(f"{name}, processor", "s", seconds[1:])
