"""Spark sessions: started as the user configures them, quiet, and stopped whatever happens."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from kg import signals
from kg.errors import ComponentError, HccKgError, InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MASTER = "local[*]"
_INSTALL = (
    "in a checkout, pip install '.[spark]', and install Java 17 or 21 (Spark does not bring one)"
)
_LOG_LEVEL, _PYTHON = "spark.log.level", "spark.pyspark.python"
# What Spark says when the input, and not Spark, is at fault.
_INPUT_FAULTS = ("PATH_NOT_FOUND", "FAILED_READ_FILE", "CANNOT_READ_FILE", "UNABLE_TO_INFER_SCHEMA")


def settings(
    master: str, configuration: Mapping[str, str], scratch: Path | None = None
) -> dict[str, str]:
    """Return the configuration of a session; what the user sets wins."""
    ours = {
        "spark.app.name": "hcc-kg",
        "spark.master": master,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        _LOG_LEVEL: "ERROR",
        "spark.sql.caseSensitive": "true",  # names of columns are told apart by case
        "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
        "spark.sql.files.openCostInBytes": "262144",  # or one small file would be one task
        "spark.executorEnv.POLARS_MAX_THREADS": "1",  # Spark runs one task a core
    }
    if configuration.get("spark.master", master).startswith("local"):
        ours |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        ours |= {} if scratch is None else {"spark.local.dir": str(scratch)}
    return {**ours, **configuration}


@contextmanager
def session(
    master: str = MASTER,
    configuration: Mapping[str, str] | None = None,
    scratch: Path | None = None,
) -> Iterator[SparkSession]:
    """Start Spark for the block; a session that is active already is used, and left running.

    Spark's working files, which hold patients, go to the folder `scratch`.

    Raises:
        ComponentError: pyspark or Java is missing, or Spark fails.
        InputError: Spark cannot read the input.
    """
    check_components()
    chosen = configuration or {}
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    with _faults_told():
        active = SparkSession.getActiveSession()
        if active is not None:
            yield active
            return
        # Spark's handler asks Java to cancel the jobs, in the midst of another call to Java,
        # which fails; to stop the session ends them too.
        with signals.kept():
            spark = _started(settings(master, chosen, scratch), _LOG_LEVEL not in chosen)
        logging.root.addFilter(_is_telling)
        try:
            yield spark
        finally:
            with suppress(*_failures()):
                spark.stop()
            logging.root.removeFilter(_is_telling)


def _is_telling(record: logging.LogRecord) -> bool:
    """Leave out what Py4J logs, to the root logger, of a call that an interrupt broke off."""
    return "while sending command" not in str(record.msg)


def check_components() -> None:
    """Check that Spark can run here.

    Raises:
        ComponentError: pyspark, what it needs, or Java is missing.
    """
    absent = [name for name in ("pyspark", "pandas", "pyarrow") if find_spec(name) is None]
    if absent:
        raise ComponentError(f"--engine spark needs {', '.join(absent)}: {_INSTALL}")
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    if java is None:
        where = f"in JAVA_HOME, which is {home}" if home else "on the PATH"
        raise ComponentError(f"--engine spark finds no Java {where}: {_INSTALL}")


def _failures() -> tuple[type[Exception], ...]:
    """Return the classes of errors that Spark and the way to it raise."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra
    from pyspark.errors import PySparkException  # noqa: PLC0415

    return PySparkException, Py4JError, ConnectionError


def _started(configuration: Mapping[str, str], quiet: bool) -> SparkSession:
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    builder = SparkSession.builder
    for key, value in configuration.items():
        builder = builder.config(key, value)
    local = configuration["spark.master"].startswith("local")
    python = os.environ.get("PYSPARK_PYTHON", sys.executable) if not local else sys.executable
    variables = {"PYSPARK_PYTHON": configuration.get(_PYTHON, python)}
    if local:
        variables["SPARK_LOCAL_IP"] = "127.0.0.1"
    with tempfile.TemporaryFile() as log:
        try:
            with _environment(variables), _standard_error(log) if quiet else nullcontext():
                spark: SparkSession = builder.getOrCreate()
        except _failures() as error:
            log.seek(0)
            lines = log.read().decode(errors="replace").strip().splitlines()
            told = next((line for line in lines if "rror" in line or "xception" in line), error)
            raise ComponentError(
                f"Spark does not start: {_first_line(told)}; check --master, --spark-conf "
                "and that Java is 17 or 21 (java -version)"
            ) from error
    return spark


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _standard_error(log: BinaryIO) -> Iterator[None]:
    """Let the processes that the block starts write their standard error to a file."""
    sys.stderr.flush()
    saved = os.dup(2)
    os.dup2(log.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


@contextmanager
def _faults_told() -> Iterator[None]:
    """Turn errors of Spark into errors of ours."""
    try:
        yield
    except _failures() as error:
        raise _told(str(error)) from error


def _told(text: str) -> HccKgError:
    line = _first_line(text)
    if any(fault in text for fault in _INPUT_FAULTS):
        return InputError(f"Spark cannot read the input: {line}")
    if "No module named" in text:
        return ComponentError(
            f"a Spark executor lacks a module ({line}); "
            "install the same version of hcc-kg, with its extra spark, on every executor"
        )
    if "ClassNotFoundException" in text or "No FileSystem for scheme" in text:
        return ComponentError(
            f"Spark lacks a class ({line}); name what brings it, for s3a:// "
            "--spark-conf spark.jars.packages=org.apache.hadoop:hadoop-aws:VERSION"
        )
    return ComponentError(f"Spark failed: {line}")


def _first_line(text: object) -> str:
    """Return the line of a message that says what happened."""
    lines = [line.strip() for line in str(text).strip().splitlines()]
    telling = [line for line in lines if "Error:" in line or "Exception:" in line]
    return (telling or lines or [""])[-1 if telling and "Traceback" in str(text) else 0][:400]
