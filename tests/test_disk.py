"""A store on disk: it stays, is one program's at a time, and never takes another's folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import InputError
from kg.stores import Store, open_store

_SAMPLE = Path(__file__).parent / "data" / "sample.trig"
_HOLD = """
import sys
from pathlib import Path
from kg.stores import open_store
store = open_store(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """The folder of a store that holds the sample and is closed."""
    folder = tmp_path / "store"
    store = open_store(folder)
    store.load(_SAMPLE)
    store.close()
    return folder


@pytest.fixture
def held(filled: Path) -> Iterator[Path]:
    """The folder of a store that another program has open."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, filled], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == b"open\n"
            yield filled
        finally:
            other.kill()


def _size(store: Store) -> str:
    ((count,),) = store.select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").rows
    return str(getattr(count, "value", ""))


def test_what_was_loaded_is_there_at_the_next_opening(filled: Path) -> None:
    store = open_store(str(filled))

    assert store.graphs() == ["https://example.org/patients", "https://example.org/terms"]
    store.close()


def test_a_store_that_another_program_has_open_is_refused(held: Path) -> None:
    with pytest.raises(InputError, match="another program has this store open"):
        open_store(held)


def test_a_store_that_another_program_has_open_can_be_read(held: Path) -> None:
    assert int(_size(open_store(held, read_only=True))) > 0


def test_a_store_cannot_be_opened_twice(filled: Path) -> None:
    store = open_store(filled)

    with pytest.raises(InputError, match="has this store open"):
        open_store(filled)
    store.close()
    open_store(filled).close()


def test_reading_only_changes_nothing(filled: Path) -> None:
    store = open_store(filled, read_only=True)
    before = _size(store)
    for change in (
        lambda: store.load(_SAMPLE),
        lambda: store.replace(_SAMPLE),
        lambda: store.clear("https://example.org/terms"),
        lambda: store.add([]),
    ):
        with pytest.raises(InputError, match="for reading only"):
            change()

    assert _size(store) == before
    store.close()


def test_reading_only_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no store here"):
        open_store(tmp_path / "new", read_only=True)

    assert not (tmp_path / "new").exists()


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").touch()

    with pytest.raises(InputError, match="holds other files and is not a store"):
        open_store(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_file_is_no_store(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(InputError, match="a store on disk is a folder"):
        open_store(file)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("/proc/store", "No such file or directory in /proc; name another folder"),
        ("missing/store", "there is no folder .*/missing; make it, or name another folder"),
    ],
)
def test_a_folder_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError, match=f"no store can be made here: {told}"):
        open_store(place)


def test_a_broken_store_is_told(filled: Path) -> None:
    for path in filled.glob("MANIFEST*"):
        path.write_bytes(b"broken")

    with pytest.raises(InputError, match="cannot be opened as a store"):
        open_store(filled)
