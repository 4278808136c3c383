"""Files in memory: read as the same files on disk are."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from kg.errors import InputError
from kg.guideline import load
from kg.paths import example_cohort
from kg.patients.tables import PatientTable
from kg.readers import open_source
from kg.readers.uploads import Upload


def held(path: Path) -> Upload:
    return Upload(path.name, path.read_bytes())


def rows(table: Path | Upload) -> pl.DataFrame:
    return pl.concat(open_source(table, load()).batches(), how="vertical_relaxed")


def test_a_parquet_file_in_memory_has_the_same_rows(tmp_path: Path) -> None:
    path = tmp_path / "patients.parquet"
    pl.read_csv(example_cohort()).write_parquet(path)
    assert rows(held(path)).equals(rows(path))


def test_a_csv_file_in_memory_has_the_same_rows_plain_and_quoted(tmp_path: Path) -> None:
    quoted = tmp_path / "quoted.csv"
    quoted.write_text('patient_id,ecog\n"a ""b""",1\nc,2,3\n')
    for path in (example_cohort(), quoted):
        assert rows(held(path)).equals(rows(path))


def test_an_rdf_file_in_memory_brings_its_lesions() -> None:
    text = (
        "@prefix hcc: <https://w3id.org/hcc-kg/> .\n"
        '<urn:p> a hcc:Patient ; hcc:patient_id "p" ; hcc:ecog 1 ; hcc:lesion <urn:l> .\n'
        '<urn:l> a hcc:TumourLesion ; hcc:lesion_id "l" ; hcc:diameter_cm 2.5 .\n'
    )
    table = PatientTable(load(), Upload("patients.ttl", text.encode()))
    assert table.ids.to_list() == ["p"]
    assert table.lesions is not None
    assert table.lesions.frame["lesion_id"].to_list() == ["l"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("p.csv", b"", "p.csv is empty"),
        ("p.csv", b"\x00\x01", "p.csv is not text"),
        ("p.xlsx", b"PK", "p.xlsx is not a workbook that can be read"),
        ("p.ods", b"PK", "p.ods"),
        ("p.parquet", b"patient_id\n", "p.parquet is not a Parquet file"),
        ("p.jsonl", b"1\n", "holds no JSON object"),
        ("p.ttl", b"@prefix", "p.ttl"),
        ("p.csv", b"patient_id,ecgo\n", "nearest: ecog"),
    ],
)
def test_what_is_no_table_is_told_by_its_name(name: str, content: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        PatientTable(load(), Upload(name, content))


def test_a_parquet_file_that_makes_polars_panic_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException("not yet implemented")

    monkeypatch.setattr(pl, "scan_parquet", panic)
    with pytest.raises(
        InputError, match=r"p\.parquet is not a Parquet file .* not yet implemented"
    ):
        open_source(Upload("p.parquet", b"PAR1"), load())
