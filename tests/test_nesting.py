"""Nesting: no file is so deep that a parser ends the process; what only looks deep is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from conftest import Ran
from counting import no_hang

from kg.cohorts.opened import open_cohort
from kg.errors import InputError
from kg.guideline import Guideline
from kg.nesting import DEEPEST, check_nesting
from kg.readers.parquet import check_depth
from kg.readers.uploads import Upload

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
TRIPLE = "<http://x/s> <http://x/p> "


def nested(ending: str, depth: int) -> str:
    """Return a text of a format that nests so deep, and is otherwise well formed."""
    bare = '{"a":' * depth + "1" + "}" * depth
    quoted = TRIPLE + f"<<( {TRIPLE}" * depth + '"1"' + " )>>" * depth + " .\n"
    xml = "<e:a><e:p>" * (depth // 2) + "</e:p></e:a>" * (depth // 2)
    texts = {
        ".jsonld": '{"@context": {"@vocab": "http://x/"}, "b": ' + bare + "}",
        ".jsonl": '{"patient_id": "a"}\n{"patient_id": ' + bare + "}\n",
        ".ttl": quoted,
        ".trig": "<http://x/g> { " + quoted.replace(" .\n", "") + " }",
        ".nt": quoted,
        ".nq": quoted,
        ".rdf": f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:e="http://x/">{xml}</rdf:RDF>',
    }
    return texts[ending]


@pytest.mark.parametrize(
    ("command", "ending"),
    [("classify", ending) for ending in (".jsonld", ".ttl", ".nt", ".jsonl")]
    + [("cohort", ".jsonld"), ("explain", ".jsonld")]
    + [("graph load --store store", ending) for ending in (".jsonld", ".trig", ".nq", ".rdf")],
)
def test_deep_file_ends_no_command(
    run: Callable[..., Ran], tmp_path: Path, command: str, ending: str
) -> None:
    """It would end this process too."""
    path = tmp_path / f"deep{ending}"
    path.write_text(nested(ending, 100_000))
    ran = run(*command.split(), path, *(["p"] * (command == "explain")))
    assert ran.status in (1, 2), ran.err  # 1: a row that is too deep is rejected
    assert "nests too deeply" in ran.err


def test_deep_upload_is_an_error_and_not_the_end_of_the_explorer(guideline: Guideline) -> None:
    held = Upload("deep.jsonld", nested(".jsonld", 4_000).encode())
    with pytest.raises(InputError, match="line 1: the text nests too deeply"):
        open_cohort(guideline, held)


@pytest.mark.parametrize("ending", [".jsonld", ".ttl", ".trig", ".nt", ".nq", ".rdf"])
def test_depth_is_bounded_exactly(ending: str) -> None:
    per_level = 2 if ending in (".ttl", ".trig", ".nt", ".nq") else 1  # `<<(` are two
    around = {".jsonld": 1, ".trig": 1, ".rdf": 1}.get(ending, 0)
    fits = (DEEPEST - around) // per_level
    check_nesting(Path(f"a{ending}"), nested(ending, fits).encode())
    with pytest.raises(InputError, match="nests too deeply"):
        check_nesting(Path(f"a{ending}"), nested(ending, fits + 3).encode())


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (".jsonld", '{"a": "' + "[" * 900 + '\\"' + "{" * 900 + '"}'),
        (".ttl", f'{TRIPLE} "' + "[" * 900 + '" . # ' + "[" * 900 + "\n"),
        (".ttl", f'{TRIPLE} """' + '[\n"' * 900 + '""" .'),
        (".ttl", f"{TRIPLE} <http://x/" + "(" * 900 + "> ."),
        (".ttl", "@prefix x: <http://x/> . x:a\\'b x:p 1 ; x:q [ ] .\n" * 900),
        (".rdf", "<r><!-- " + "<a>" * 900 + " --><![CDATA[" + "<a>" * 900 + "]]></r>"),
        (".rdf", "<r>" + '<a b="/>"/>' * 900 + "<c></c>" * 900 + "</r>"),
    ],
)
def test_brackets_that_open_nothing_are_not_counted(ending: str, text: str) -> None:
    check_nesting(Path(f"a{ending}"), text.encode())


@pytest.mark.parametrize("ending", [".jsonld", ".ttl", ".rdf"])
@pytest.mark.parametrize("unit", ['"', "'", '"""', "<a", "<!-", "<!--", "<?", '"\\', "<a'", '<a="'])
def test_no_part_of_a_text_is_looked_at_again_and_again(ending: str, unit: str) -> None:
    with no_hang():
        check_nesting(Path(f"a{ending}"), (unit * 200_000).encode())


@pytest.mark.parametrize("depth", [20, 1_000])
def test_deep_columns_of_parquet_end_no_process(
    run: Callable[..., Ran], tmp_path: Path, depth: int
) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    kind = pa.int32()
    for _ in range(depth):
        kind = pa.list_(kind)
    table = pa.table({"patient_id": ["a"], "x": pa.array([None], kind)})
    parquet.write_table(table, tmp_path / "p.parquet")
    ran = run("classify", "--ignore-unknown", tmp_path / "p.parquet")
    assert ran.status == (0 if depth < 100 else 2), ran.err
    assert ("nests too deeply" in ran.err) == (depth > 100)


@pytest.mark.parametrize("wide", [1, 3_000])
def test_wide_tables_are_not_deep(tmp_path: Path, wide: int) -> None:
    frame = pl.DataFrame({f"c{i}": [i] for i in range(wide)})
    frame.write_parquet(tmp_path / "p.parquet")
    check_depth(tmp_path / "p.parquet")


def test_footer_that_is_none_is_left_to_the_parser(tmp_path: Path) -> None:
    for content in (
        b"",
        b"PAR1",
        b"\xff" * 40 + b"\x20\0\0\0PAR1",
        b"\x9c" * 400 + b"\x90\1\0\0PAR1",
    ):
        (tmp_path / "p.parquet").write_bytes(content)
        check_depth(tmp_path / "p.parquet")
