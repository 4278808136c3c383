"""`hcc-kg classify --engine spark`: the same run, with the rows and the work on a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kg import terminal
from kg.commands.inputs import Places
from kg.engines.rejects import Rejects
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.output import scratch, whole_output
from kg.paths import Remote
from kg.patients.reading import Reading
from kg.writers import Task, writer_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def configuration(pairs: Sequence[str]) -> dict[str, str]:
    """Return Spark's configuration from texts KEY=VALUE.

    Raises:
        InputError: a text is not of that form.
    """
    told = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not (sign and key.strip()):
            raise InputError(f"--spark-conf {pair!r} is not of the form KEY=VALUE")
        told[key.strip()] = value.strip()
    return told


def classify_with_spark(
    task: Task,
    places: Places,
    form: str,
    summary: Summary,
    master: str | None,
    settings: Sequence[str],
    strict: bool,
    reading: Reading,
) -> None:
    """Classify a table by Spark.

    Raises:
        ComponentError: Spark cannot run here.
        InputError: the input is at fault.
    """
    from kg.engines.spark_session import MASTER, session  # noqa: PLC0415 - only what is asked for

    chosen = configuration(settings)
    with scratch() as folder, session(master or MASTER, chosen, folder) as spark:
        from kg.engines.spark import FOLDERS, open_tables  # noqa: PLC0415 - needs pyarrow
        from kg.engines.spark_files import check_new  # noqa: PLC0415

        output = places.output
        into = output if isinstance(output, Remote) and form in FOLDERS else None
        if into is not None:
            if task.reasons:
                raise InputError(f"{into}: with --reasons, write to a file of this machine")
            check_new(spark, into)
        table = open_tables(
            spark,
            task.guideline,
            places.patients,
            places.lesions,
            reading=reading,
            scratch=folder,
        )
        with (
            table.classified(task) as results,
            terminal.progress("classifying", table.height) as bar,
            _written(spark, places.rejects) as rejects,
            Rejects(rejects, summary, strict) as bin_,
        ):
            if into is not None:
                results.write(form, into, bin_, summary)
                return
            with _output(spark, output) as path:
                writer_of(form, task)(task, bar.watch(results.chunks(bin_, summary)), path)


@contextmanager
def _written(spark: SparkSession, place: Path | Remote) -> Iterator[Path]:
    from kg.engines.spark_files import remote_file  # noqa: PLC0415

    if isinstance(place, Path):
        yield place
        return
    with remote_file(spark, place) as path:
        yield path


@contextmanager
def _output(spark: SparkSession, place: Path | Remote | None) -> Iterator[Path]:
    if isinstance(place, Remote):
        with _written(spark, place) as path:
            yield path
        return
    with whole_output(place) as path:
        yield path
