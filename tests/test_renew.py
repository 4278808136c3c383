"""What a checkout holds that is generated is current, and what is old is named and renewed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from kg import renewal
from kg.errors import InputError
from kg.paths import ONTOLOGY_VARIABLE
from kg.renewal import PRINTERS, checkout, printed, renew

ROOT = Path(__file__).parents[1]
OLD = {  # a file of each kind, with what stands in it and what stood there before
    "docs/ontology.md": ("ABL-C2a", "ABL-C2x"),
    "docs/limits.md": ("[SMALL](ontology.md#small)", "SMALL"),
    "ontology/catalog-v001.xml": ("words.ttl", "word.ttl"),
    "tests/queries/rows.txt": ("ABL-I2", "ABL-I9"),
}


@pytest.fixture(scope="module", autouse=True)
def _printed_once() -> Iterator[None]:
    """Let each command print once for all tests here: nothing that they change decides it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renewal, "PRINTERS", {name: cache(told) for name, told in PRINTERS.items()})
        patch.setattr(renewal, "rows", cache(renewal.rows))
        yield


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the parts of the checkout that hold what is generated."""
    for part in ("docs", "ontology", "tests/queries"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("*.png"))
    return tmp_path


def contents(folder: Path) -> dict[Path, bytes]:
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_everything_generated_is_current(run: Callable[..., object]) -> None:
    status, old, told = run("renew", "--check")  # type: ignore[misc]
    assert (status, old) == (0, ""), told


def test_what_is_old_is_named_and_renewed(copy: Path) -> None:
    current = contents(copy)
    for name, (now, before) in OLD.items():
        text = (copy / name).read_text("utf-8")
        assert now in text
        (copy / name).write_text(text.replace(now, before, 1), "utf-8")
    due = [*map(Path, OLD)]
    broken = contents(copy)
    assert sorted(renew(copy, write=False)) == sorted(due)
    assert contents(copy) == broken
    assert sorted(renew(copy, write=True)) == sorted(due)
    assert contents(copy) == current


@pytest.mark.parametrize("command", [name for name in PRINTERS if "audit" not in name])
def test_a_block_is_what_its_command_prints(command: str, run: Callable[..., object]) -> None:
    status, out, _ = run(*command.split())  # type: ignore[misc]
    assert status == 0
    assert printed(command) == out


def test_a_block_of_another_command_is_an_error() -> None:
    with pytest.raises(InputError, match="'hcc-kg classify --example' fills no block"):
        printed("classify --example")


def test_another_ontology_is_no_checkout(
    monkeypatch: pytest.MonkeyPatch, ontology_copy: Path, run: Callable[..., object]
) -> None:
    monkeypatch.setenv(ONTOLOGY_VARIABLE, str(ontology_copy))
    status, _, told = run("renew")  # type: ignore[misc]
    assert status == InputError.exit_status
    assert "is no checkout" in told
    monkeypatch.delenv(ONTOLOGY_VARIABLE)
    assert checkout() == ROOT
