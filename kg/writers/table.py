"""A table for the terminal: one line per patient, one column per therapy, one sign per verdict."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kg.explanation.explanations import VERDICT_STYLES
from kg.explanation.wording import shortened
from kg.guideline import Guideline
from kg.guideline.taxonomy import notes_on
from kg.reasoning.results import Chunk, patients
from kg.reasoning.verdicts import VERDICT_SIGNS, VERDICTS, TherapyResult, possible_stages
from kg.terminal import Trimmed
from kg.texts import NOTE_ON_USE, counted
from kg.writers.task import Task

MARK = "°"  # beside a verdict that rests on assumptions
MOST = 2_000  # patients that are shown: nobody reads more, and a table is held in memory
_WIDTH = 120  # where the result goes to a file or a pipe


def write_table(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write the table as text; in colour where standard output is a terminal that wants it."""
    with path.open("w", encoding="utf-8") as file:
        console = _console(file)
        heads = {name: task.guideline.therapies[name].short_name for name in task.therapies}
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
        table.add_column("patient", min_width=12, overflow="fold", vertical="bottom")
        if task.guideline.stages:
            table.add_column("stage", overflow="fold")
        for head in heads.values():
            table.add_column(head, justify="center", max_width=max(map(len, head.split())))
        told = left_out = 0
        for chunk in chunks:
            shown = chunk.frame.head(MOST - told)
            told, left_out = told + len(shown), left_out + len(chunk.frame) - len(shown)
            for result in patients(task.guideline, shown, task.assumptions):
                mark = " *" if result.conflicts else ""
                signs = [_marked(result.therapies[name]) for name in task.therapies]
                stage = [" or ".join(map(_short, possible_stages(result)))] if result.stages else []
                table.add_row(Text(_printable(result.patient_id[:60]) + mark), *stage, *signs)
        console.print(table)
        if left_out:
            console.print(
                f"and {counted(left_out, 'patient')} more, not shown; "
                "write all to a file: --output FILE.csv",
                soft_wrap=True,
            )
        console.print()
        console.print(_legend(task.guideline), soft_wrap=True)
        if task.assumptions is not None:
            console.print(assumption_legend(task), soft_wrap=True)
        for note, names in notes_on(task.guideline, task.therapies).items():
            console.print(Text(f"{', '.join(names)}: {note}"), soft_wrap=True)
        console.print(NOTE_ON_USE)


def _short(stage: str) -> str:
    """Return a stage without the name of its system: IIIa of CNLC26-IIIa."""
    return stage.rpartition("-")[2]


def _marked(found: TherapyResult) -> Text:
    """Return the sign of a verdict, marked where it rests on assumptions."""
    sign = sign_of(found.verdict)
    return sign.append(MARK) if found.rests_on_assumptions else sign


def assumption_legend(task: Task) -> str:
    """Return what the mark of a verdict means that rests on assumptions."""
    cells = task.assumptions.cells if task.assumptions else {}
    return (
        f"{MARK} only if what the record is silent on is as assumed: the record alone gives "
        f"another verdict. Assumed: "
        f"{shortened([f'{name}={cell}' for name, cell in cells.items()])}"
    )


def sign_of(verdict: str) -> Text:
    """Return the sign of a verdict in its colour."""
    return Text(VERDICT_SIGNS[verdict], VERDICT_STYLES[verdict])


def _printable(text: str) -> str:
    """Return a text without characters that would act on the terminal."""
    return "".join(sign if sign.isprintable() else "·" for sign in text)


def _console(file: TextIO) -> Console:
    terminal = sys.stdout.isatty()
    return Console(
        file=file if terminal else cast("IO[str]", Trimmed(file)),
        force_terminal=terminal and "NO_COLOR" not in os.environ,
        width=None if terminal else max(_WIDTH, shutil.get_terminal_size((_WIDTH, 24)).columns),
        highlight=False,
    )


def _legend(guideline: Guideline) -> Text:
    legend = Text()
    for word in VERDICTS:
        legend.append_text(sign_of(word))
        legend.append(f" {guideline.verdicts[word][0]}   ")
    legend.append("* conflicts in the record")
    return legend
