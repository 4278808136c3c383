"""`hcc-kg classify --engine spark`: the same run, with the rows and the work on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kg import terminal
from kg.commands.inputs import Places, pairs
from kg.engines.rejects import Rejects
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.output import scratch, whole_output
from kg.patients.reading import Reading
from kg.readers import Source, open_lesions
from kg.spark.files import Remote, check_new, located, remote_file
from kg.spark.session import MASTER, session
from kg.spark.sources import open_table
from kg.writers import Task, writer_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def runner(master: str | None, texts: Sequence[str]) -> Callable[..., Summary]:
    """Return what classifies a table by Spark, as it is configured.

    Raises:
        InputError: a text of the configuration is not of the form KEY=VALUE.
    """
    return partial(_classify, master or MASTER, pairs("--spark-conf", texts, "KEY=VALUE"))


def _classify(
    master: str,
    chosen: dict[str, str],
    task: Task,
    places: Places,
    form: str,
    strict: bool,
    reading: Reading,
) -> Summary:
    """Classify a table by Spark.

    Raises:
        ComponentError: Spark cannot run here.
        InputError: the input is at fault.
    """
    with scratch() as folder, session(master, chosen, folder) as spark:
        from kg.spark.table import FOLDERS, SparkResults, SparkTable  # noqa: PLC0415 - needs pyarrow

        guideline = task.guideline
        output = located(places.output) if places.output else None
        into = output if isinstance(output, Remote) and form in FOLDERS else None
        if into is not None:
            if task.reasons:
                raise InputError(f"{into}: with --reasons, write to a file of this machine")
            check_new(spark, into)
        source = open_table(spark, guideline, located(places.patients), folder, reading.sheet)
        lesions = _lesions(spark, task, places.lesions, folder, reading)
        table = SparkTable(spark, guideline, source, lesions, reading, assumptions=task.assumptions)
        bad = located(places.rejects)
        with (
            SparkResults(table, task) as results,
            terminal.progress("classifying", source.height) as bar,
            remote_file(spark, bad) if isinstance(bad, Remote) else nullcontext(bad) as rejects,
            Rejects(rejects, strict) as bin_,
        ):
            if into is not None:
                results.write(form, into, bin_)
            else:
                with _output(spark, output) as path:
                    writer_of(form, task)(task, bar.watch(results.chunks(bin_)), path)
        if isinstance(bad, Remote):
            files = (bin_.path, bin_.lesion_path)
            bin_.summary.rejects = tuple(bad.with_name(file.name) for file in files)
        return bin_.summary


def _lesions(
    spark: SparkSession, task: Task, named: str | None, folder: Path, reading: Reading
) -> Source | None:
    if named is None:
        return None
    place = located(named)
    if isinstance(place, Remote):
        return open_table(spark, task.guideline, place, folder)
    return open_lesions(place, task.guideline, reading.columns)


def _output(spark: SparkSession, place: Path | Remote | None) -> AbstractContextManager[Path]:
    return remote_file(spark, place) if isinstance(place, Remote) else whole_output(place)
