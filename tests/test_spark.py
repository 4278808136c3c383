"""Spark gives what the compiled engine gives, to the letter, from wherever the rows are."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from counting import PATIENCE
from polars.testing import assert_frame_equal

import kg
from kg import paths
from kg.benchmarks.cohort import write_cohort
from kg.commands.inputs import pairs
from kg.errors import ComponentError, InputError
from kg.guideline import Guideline, load
from kg.spark import session as spark_session
from kg.spark.session import session, settings

_ABSENT = [n for n in ("pyspark", "pandas", "pyarrow") if importlib.util.find_spec(n) is None]
_JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")
needs_spark = [
    pytest.mark.skipif(bool(_ABSENT), reason=f"not installed: {_ABSENT}; see the extra spark"),
    pytest.mark.skipif(not _JAVA, reason="no Java: Spark needs one on the PATH"),
    # Py4J and Spark leave sockets and pipes to Java for Python to close.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

CHEAP = {  # what compiles less and starts fewer tasks, where there is little to compute
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
OPTIONS = ["--master", "local[1]", *(f"--spark-conf={key}={CHEAP[key]}" for key in CHEAP)]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A session for all tests; commands that run in this process use it."""
    with session("local[1]", CHEAP) as started:
        yield started


@pytest.fixture
def same(
    spark: Any, run: Callable[..., Any], tmp_path: Path
) -> Callable[..., tuple[int, bytes, bytes | None]]:
    """Classify with both engines, see the same results and rejected rows, and return them."""

    def both(table: Path, *options: str | Path, for_spark: Path | None = None) -> Any:
        seen = []
        for engine, path in (("compiled", table), ("spark", for_spark or table)):
            folder = tmp_path / engine
            folder.mkdir(exist_ok=True)
            files = [folder / "results.json", folder / "bad.csv", folder / "bad.lesions.csv"]
            told = run(
                *("classify", path, "--engine", engine, "--format", "json", *options),
                *("--output", files[0], "--rejects", files[1]),
            )
            assert told.status in (0, 1), told.err
            read = [file.read_bytes() if file.exists() else None for file in files]
            seen.append([told.status, *read])
        assert seen[0] == seen[1]
        return tuple(seen[1])

    return both


class TestSameAnswers:
    pytestmark = needs_spark

    def test_of_the_example_cohort_with_lesions_explained(self, same: Any) -> None:
        example = paths.example_cohort()
        lesions = paths.example_lesions()
        status, results, *_ = same(example, "--lesions", lesions, "--explain")
        assert status == 0
        assert len(results) > 10_000

    def test_of_assumptions(self, same: Any) -> None:
        lesions = paths.example_lesions()
        _, results, *_ = same(paths.example_cohort(), "--lesions", lesions, "--assume", "all")
        assert results.count(b'"verdict_recorded"') == 45 * 13

    def test_of_another_edition(self, same: Any) -> None:
        _, results, *_ = same(paths.example_cohort(), "--edition", "2026", "--assume", "all")
        assert results.count(b'"edition": "2026"') == results.count(b'"stages"') == 45

    def test_of_real_patients(self, same: Any, shared: Path) -> None:
        _, results, *_ = same(shared / "data" / "uci-hcc-survival" / "patients.csv")
        assert results.count(b'"patient_id"') == 165

    def test_of_rows_and_repeated_ids_in_several_files(self, same: Any, tmp_path: Path) -> None:
        ages = [str(20 + i % 60) for i in range(300)]
        ages[17] = "old"
        ids = [f"p{i}" for i in range(300)]
        ids[290] = ids[3]  # in two files
        ids[150] = ""
        frame = pl.DataFrame({"patient_id": ids, "age_years": ages, "_note": ["x"] * 300})
        whole, folder = tmp_path / "whole.parquet", tmp_path / "parts"
        folder.mkdir()
        frame.write_parquet(whole)
        for i, start in enumerate((0, 120, 200)):
            end = (120, 200, 300)[i]
            frame[start:end].write_parquet(folder / f"part-{i}.parquet")
        status, _, rejected, _ = same(whole, for_spark=folder)
        assert status == 1
        rows = pl.read_csv(rejected, infer_schema_length=0)
        assert rows["_row"].to_list() == ["4", "18", "151", "291"]
        assert rows.columns == ["patient_id", "age_years", "_note", "_row", "_reason"]

    def test_of_typed_columns_in_several_partitions(
        self, same: Any, spark: Any, guideline: Guideline, tmp_path: Path
    ) -> None:
        path = tmp_path / "a cohort [1].parquet"
        cohort = tmp_path / "cohort.parquet"
        write_cohort(guideline, cohort, 600, seed=5)
        table = pl.read_parquet(cohort).with_columns(
            pl.Series("note.taken", range(600), dtype=pl.UInt64)
        )
        table.write_parquet(path, row_group_size=150)
        third = str(path.stat().st_size // 3)
        spark.conf.set("spark.sql.files.maxPartitionBytes", third)
        spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "100")
        try:
            from kg.spark.sources import open_table

            assert open_table(spark, guideline, path, tmp_path).frame.rdd.getNumPartitions() > 2
            status, results, *_ = same(path, "--ignore-unknown")
        finally:
            spark.conf.unset("spark.sql.files.maxPartitionBytes")
            spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "100000")
        assert status == 0
        assert results.count(b'"patient_id"') == 600

    def test_of_a_table_in_other_words(self, same: Any, tmp_path: Path) -> None:
        rows = ["Id;Größe [mm];Bil;note;note;", " a;34,5;3,0;x;y;", "b;999;1.050;;;", "c;x;;;;"]
        text = "\n".join([*rows, ";;;;;", ""])
        (tmp_path / "p.csv").write_bytes(text.encode("cp1252"))
        (tmp_path / "m.toml").write_text(
            '[columns]\nId = "patient_id"\n"Größe [mm]" = "max_tumour_diameter_cm [mm]"\n'
            'Bil = "bilirubin_umol_l"\n[units]\nbilirubin_umol_l = "mg/dL"\n'
            '[missing]\nall = ["999"]\n[constants]\necog = "0"\n'
        )
        status, results, rejected, _ = same(tmp_path / "p.csv", "--mapping", tmp_path / "m.toml")
        assert (status, results.count(b'"patient_id"')) == (1, 1)
        assert rejected.decode().count("\n") == 3

    def test_of_numbers_as_identifiers(self, same: Any, tmp_path: Path) -> None:
        path = tmp_path / "numbered.parquet"
        pl.DataFrame({"patient_id": [1.0, 2.5, 1.0], "age_years": [50, 60, 70]}).write_parquet(path)
        _, results, rejected, _ = same(path)
        assert b'"2.5"' in results
        assert rejected.count(b"\n1,") == 2

    def test_of_rejected_lesions(self, same: Any, tmp_path: Path) -> None:
        patients, lesions = tmp_path / "p.csv", tmp_path / "l.jsonl"
        patients.write_text("patient_id,age_years\na,50\nb,60\nc,\nd,40,9\n")
        lesions.write_text(
            '{"patient_id": "a", "lesion_id": "1", "cm": 2}\n{"lesion_id": "2"}\n'
            '{"patient_id": "b", "lesion_id": "1", "cm": "big"}\n'
            '{"patient_id": "nobody", "lesion_id": "1", "cm": 2}\n'
        )
        words = tmp_path / "m.toml"
        words.write_text('[columns]\nage_years = "age_years"\ncm = "diameter_cm"\n')
        asked = ("--lesions", lesions, "--mapping", words)
        status, _, rejected, bad_lesions = same(patients, *asked)
        assert status == 1
        assert rejected.count(b"\n") == 4
        assert b"column cm (diameter_cm): 'big'" in rejected
        assert b"nobody" in bad_lesions

    def test_of_lesions_that_the_table_brings_along(self, same: Any, tmp_path: Path) -> None:
        path = tmp_path / "p.ttl"
        path.write_text(
            "@prefix hcc: <https://w3id.org/hcc-kg/> .\n"
            '<http://x/a> hcc:patient_id "a" ; hcc:lesion '
            '[ hcc:lesion_id "1" ; hcc:diameter_cm 7.0 ], [ hcc:lesion_id "2" ] .\n'
            '<http://x/b> hcc:patient_id "b" ; hcc:lesion [ hcc:diameter_cm 2.0 ] .\n'
        )
        status, _, rejected, bad_lesions = same(path)
        assert status == 1
        assert (rejected.count(b"\n"), bad_lesions.count(b"\n")) == (2, 2)

    def test_of_another_ontology(self, same: Any, ontology_copy: Path) -> None:
        module = ontology_copy / "2011/criteria.ttl"
        text = module.read_text()
        module.write_text(text.replace("xsd:maxInclusive 5.0", "xsd:maxInclusive 3.5", 1))
        assert module.read_text() != text
        edited = same(paths.example_cohort(), "--ontology", ontology_copy)
        assert edited != same(paths.example_cohort())


class TestRemotePlaces:
    pytestmark = needs_spark

    @pytest.fixture
    def table(self, tmp_path: Path) -> Path:
        path = tmp_path / "cohort.parquet"
        pl.read_csv(paths.example_cohort(), infer_schema=False).vstack(
            pl.read_csv(paths.example_cohort(), infer_schema=False)[:1]
        ).write_parquet(path)
        return path

    @pytest.mark.parametrize("options", [("csv",), ("parquet", "--compact")])
    def test_executors_write_a_folder(
        self, options: tuple[str, ...], table: Path, spark: Any, run: Any
    ) -> None:
        (form, *options), tmp_path = options, table.parent
        here = tmp_path / f"here.{form}"
        local = run("classify", table, *options, "-o", here)
        there = f"file://{tmp_path}/there.{form}"
        told = run("classify", f"file://{table}", "--engine", "spark", *options, "-o", there)
        assert (told.status, told.err) == (
            1,
            local.err.replace(f"{table},", f"file://{table},").replace(
                str(tmp_path / "cohort.rej"), f"file://{tmp_path}/cohort.rej"
            ),
        )
        folder = tmp_path / f"there.{form}" / f"*.{form}"
        key = ["patient_id"] if options else ["patient_id", "therapy"]
        if form == "csv":
            frames = [pl.read_csv(path, infer_schema=False) for path in (here, folder)]
        else:
            texts = pl.all().cast(pl.String)
            frames = [pl.read_parquet(path).select(texts) for path in (here, folder)]
        assert_frame_equal(frames[0].sort(key), frames[1].sort(key))
        assert (tmp_path / "cohort.rejected.csv").read_text().count("more than one row") == 2
        again = run("classify", table, "--engine", "spark", *options, "-o", there)
        assert again.status == 2
        assert "already exists" in again.err

    def test_one_file_of_another_format(
        self, table: Path, spark: Any, run: Any, tmp_path: Path
    ) -> None:
        there = f"file://{tmp_path}/there.jsonl"
        told = run("classify", table, "--engine", "spark", "-o", there)
        assert told.status == 1, told.err
        run("classify", table, "-o", tmp_path / "here.jsonl")
        assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()

    def test_strict_leaves_no_result(
        self, table: Path, spark: Any, run: Any, tmp_path: Path
    ) -> None:
        there = f"file://{tmp_path}/there.parquet"
        told = run("classify", table, "--engine", "spark", "--strict", "-o", there)
        assert told.status == 2
        assert "is in more than one row" in told.err
        assert not list(tmp_path.glob("*there*")) + list(tmp_path.glob("*rejected*"))

    @pytest.mark.parametrize(
        ("place", "message"),
        [
            ("s3a://bucket/cohort.csv", "convert it to Parquet"),
            ("file:///absent/cohort.parquet", "PATH_NOT_FOUND"),
            ("/absent/cohort.parquet", "no such file"),
        ],
    )
    def test_what_cannot_be_read_is_told(
        self, place: str, message: str, spark: Any, run: Any
    ) -> None:
        told = run("classify", place, "--engine", "spark")
        assert told.status == 2
        assert message in told.err
        assert "Traceback" not in told.err

    def test_dates_are_no_cells(self, spark: Any, run: Any, tmp_path: Path) -> None:
        path = tmp_path / "dates.parquet"
        frame = pl.DataFrame({"patient_id": ["a"], "age_years": ["2020-01-01"]})
        frame.with_columns(pl.col("age_years").str.to_date()).write_parquet(path)
        told = run("classify", f"file://{path}", "--engine", "spark")
        assert told.status == 2
        assert "column age_years: values of type date are not cells" in told.err


class TestTheWholeCommand:
    pytestmark = needs_spark

    def test_starts_and_stops_its_own_spark(self, tmp_path: Path) -> None:
        work, scratch = tmp_path / "work", tmp_path / "scratch"
        work.mkdir()
        scratch.mkdir()
        options = ["--spark-conf", f"spark.local.dir={scratch}", *OPTIONS]
        ran = subprocess.run(
            [sys.executable, "-m", "kg", "classify", "--example", "--engine", "spark", *options],
            cwd=work,
            env={**os.environ, "TMPDIR": str(scratch)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert ran.stderr.startswith("45 patients classified"), ran.stderr
        assert not list(work.iterdir())
        left = [p for p in scratch.rglob("*") if p.is_file() and "hsperfdata" not in str(p)]
        assert not left


class TestFrames:
    pytestmark = needs_spark

    def test_spark_frame_in_spark_frame_out(self, spark: Any) -> None:
        example = pl.read_csv(paths.example_cohort(), infer_schema=False)
        lesions = spark.createDataFrame(pl.read_csv(paths.example_lesions()).to_pandas())
        result = kg.classify_spark(spark.createDataFrame(example.to_arrow()), lesions)
        told = pl.DataFrame(result.frame.toArrow())
        same = kg.classify_table(paths.example_cohort(), paths.example_lesions()).frame
        key, texts = ["patient_id", "therapy"], pl.selectors.enum().cast(pl.String)
        lists = pl.selectors.list().cast(pl.List(pl.String))
        assert_frame_equal(told.sort(key), same.with_columns(texts, lists).sort(key))
        assert result.rejected.count() == len(result.rejected_lesions) == 0

    def test_rejected_rows_are_a_frame_too(self, spark: Any) -> None:
        rows = [("a", "0"), ("b", "worse"), ("c", "1"), ("c", "2"), (None, "1")]
        lesions = [{"patient_id": name, "lesion_id": "1"} for name in ("b", "nobody")]
        frame = spark.createDataFrame(rows, "patient_id string, ecog string")
        result = kg.classify_spark(frame, lesions, therapies="rfa", compact=True)
        assert [row["patient_id"] for row in result.frame.collect()] == ["a"]
        assert result.rejected.columns == ["patient_id", "ecog", "_reason"]
        told = {
            (row["patient_id"], row["ecog"]): row["_reason"] for row in result.rejected.collect()
        }
        assert set(told) == {("b", "worse"), ("c", "1"), ("c", "2"), (None, "1")}
        assert "more than one row" in told["c", "1"]
        assert result.rejected_lesions["patient_id"].to_list() == ["b", "nobody"]

    def test_spark_frame_is_not_brought_here(self, spark: Any) -> None:
        frame = spark.createDataFrame([("a",)], "patient_id string")
        with pytest.raises(InputError, match=r"kg\.classify_spark"):
            kg.classify_table(frame)
        with pytest.raises(InputError, match=r"kg\.classify_spark"):
            kg.classify({"ecog": 0}, engine="spark")


class TestSignals:
    pytestmark = needs_spark

    def test_signal_ends_spark_and_leaves_nothing(
        self, guideline: Guideline, tmp_path: Path
    ) -> None:
        write_cohort(guideline, tmp_path / "p.parquet", 100_000, seed=5)
        run = ["classify", "p.parquet", "--engine", "spark", *OPTIONS, "-o", "o.csv"]
        with subprocess.Popen(
            [sys.executable, "-m", "kg", *run],
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                limit = time.monotonic() + 2 * PATIENCE  # Java starts first
                while not list(tmp_path.glob(".o.csv*")) and time.monotonic() < limit:
                    time.sleep(0.05)
                assert process.poll() is None
                process.send_signal(signal.SIGTERM)
                _, told = process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
        assert process.returncode == 128 + signal.SIGTERM, told
        assert told == "hcc-kg: interrupted; no output was written\n"
        assert [path.name for path in tmp_path.iterdir() if "perf" not in path.name] == [
            "p.parquet"
        ]


def test_without_java_the_message_says_what_to_install(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda name: name)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    told = run("classify", "--example", "--engine", "spark")
    assert told.status == 3
    assert "install Java 17" in told.err
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no Java on the PATH" in run("classify", "--example", "--engine", "spark").err


def test_without_pyspark_the_message_says_what_to_install(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda name: None)
    told = run("classify", "--example", "--engine", "spark")
    assert told.status == 3
    assert "pip install '.[spark]'" in told.err


def test_an_ontology_that_changed_since_it_was_read_is_told(ontology_copy: Path) -> None:
    pytest.importorskip("pyarrow")
    from kg.spark.tasks import guideline_of, modules_of

    read = load(ontology_copy)
    modules = modules_of(read)
    assert guideline_of(modules).criteria.keys() == read.criteria.keys()
    with (ontology_copy / "2011/criteria.ttl").open("a") as file:
        file.write("# more\n")
    with pytest.raises(InputError, match="changed"):
        modules_of(read)


def test_configuration_passes_through_and_wins() -> None:
    told = settings("local[*]", pairs("--spark-conf", ["spark.ui.enabled=true", "spark.x = a=b"]))
    assert told["spark.ui.enabled"] == "true"
    assert told["spark.x"] == "a=b"
    assert told["spark.driver.bindAddress"] == "127.0.0.1"
    assert "spark.driver.bindAddress" not in settings("spark://host:7077", {})
    with pytest.raises(InputError, match="KEY=VALUE"):
        pairs("--spark-conf", ["spark.ui.enabled"], "KEY=VALUE")


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("Traceback\nModuleNotFoundError: No module named 'kg'", ComponentError, "every executor"),
        ("java.lang.ClassNotFoundException: S3AFileSystem", ComponentError, "spark.jars.packages"),
        ("[PATH_NOT_FOUND] Path does not exist: x", InputError, "Path does not exist"),
        ("[OTHER] broken", ComponentError, "Spark failed: .*broken"),
    ],
)
def test_errors_of_spark_say_what_to_do(text: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        raise spark_session._told(text)


def test_remote_places_need_spark(run: Any) -> None:
    told = run("classify", "s3a://bucket/cohort.parquet")
    assert told.status == 2
    assert "s3a://bucket/cohort.parquet is remote" in told.err
    assert "go with --engine spark" in run("classify", "--example", "--master", "local").err
