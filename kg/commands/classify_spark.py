"""`hcc-kg classify --engine spark`: the same run, with the rows and the work on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial

from kg import terminal
from kg.commands.inputs import Places, pairs
from kg.engines.rejects import Rejects
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.output import scratch, whole_output
from kg.patients.reading import Reading
from kg.spark.files import Remote, check_new, located, remote_file
from kg.spark.session import MASTER, session
from kg.writers import Task, writer_of


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
        from kg.spark.table import FOLDERS, open_tables  # noqa: PLC0415 - needs pyarrow

        output = located(places.output) if places.output else None
        into = output if isinstance(output, Remote) and form in FOLDERS else None
        if into is not None:
            if task.reasons:
                raise InputError(f"{into}: with --reasons, write to a file of this machine")
            check_new(spark, into)
        table = open_tables(
            spark,
            task.guideline,
            located(places.patients),
            located(places.lesions) if places.lesions else None,
            reading=reading,
            assumptions=task.assumptions,
            scratch=folder,
        )
        bad = located(places.rejects)
        with (
            table.classified(task) as results,
            terminal.progress("classifying", table.height) as bar,
            remote_file(spark, bad) if isinstance(bad, Remote) else nullcontext(bad) as rejects,
            Rejects(rejects, strict) as bin_,
        ):
            if into is not None:
                results.write(form, into, bin_)
            else:
                with (
                    remote_file(spark, output)
                    if isinstance(output, Remote)
                    else whole_output(output) as path
                ):
                    writer_of(form, task)(task, bar.watch(results.chunks(bin_)), path)
        if isinstance(bad, Remote):
            files = (bin_.path, bin_.lesion_path)
            bin_.summary.rejects = tuple(bad.with_name(file.name) for file in files)
        return bin_.summary
