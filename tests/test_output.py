"""Output files: whole or not at all, whatever ends the run."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Ran

from kg.errors import InputError
from kg.output import whole_file, whole_output

DEVICE = Path("/dev/full")


def test_file_takes_its_name_when_the_block_ends(tmp_path: Path) -> None:
    with whole_file(tmp_path / "out") as part:
        part.write_text("whole")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out").read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("older", ["older", None])
def test_error_leaves_no_file_and_keeps_an_older_one(
    tmp_path: Path, error: type[BaseException], older: str | None
) -> None:
    if older:
        (tmp_path / "out").write_text(older)
    with pytest.raises(error), whole_file(tmp_path / "out") as part:  # noqa: PT012
        part.write_text("half")
        raise error
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == ({"out": older} if older else {})


def test_file_can_be_read_by_those_who_can_read_new_files(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    with whole_file(tmp_path / "out"):
        pass
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "out")}
    assert len(modes) == 1


def test_link_stays_and_leads_to_the_new_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "file")
    with whole_file(tmp_path / "link") as part:
        part.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "file").read_text() == "new"


def test_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    with whole_file(pipe) as part:
        part.write_text("through")
    reader.join()
    assert read == ["through"]
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("", "is a folder; name a file to write to"),
        ("none/out", "none/out cannot be written: there is no folder .*none; make it"),
        ("file/out", "file/out cannot be written: there is no folder .*file; make it"),
    ],
)
def test_place_that_cannot_be_written_to_is_an_error(tmp_path: Path, place: str, told: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=told), whole_file(tmp_path / place):
        pytest.fail("the block must not begin")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_folder_without_permission_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="Permission denied"), whole_file(tmp_path / "out"):
        pytest.fail("the block must not begin")


@pytest.mark.skipif(not DEVICE.is_char_device(), reason="no device that is always full")
def test_full_disk_is_an_error_and_the_device_stays() -> None:
    with pytest.raises(InputError, match="/dev/full: cannot be written: No space left"):  # noqa: SIM117
        with whole_file(DEVICE) as part:
            part.write_text("x" * 100_000)
    assert DEVICE.is_char_device()


def test_standard_output_gets_all_or_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), whole_output(None) as part:  # noqa: PT012
        part.write_text("half")
        raise KeyError
    with whole_output(None) as part:
        part.write_text("whole")
    assert capfd.readouterr().out == "whole"


@pytest.mark.parametrize("command", ["classify --example --format json", "show rfa", "template"])
def test_closed_pipe_ends_the_run_without_a_trace(command: str) -> None:
    run = [sys.executable, "-m", "kg", *command.split()]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 141


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not the same there")
@pytest.mark.parametrize("wait", [0, 2], ids=["while-java-starts", "while-it-reasons"])
def test_interrupted_run_leaves_nothing_and_says_so(tmp_path: Path, wait: int) -> None:
    rows = "".join(f"p{i},{i % 5}\n" for i in range(2000))
    (tmp_path / "p.csv").write_text(f"patient_id,ecog\nbad,9\n{rows}")
    (tmp_path / "out.json").write_text("older")
    options = ["--engine", "hermit", "--output", "out.json"]
    run = [sys.executable, "-m", "kg", "classify", "p.csv", *options]
    with subprocess.Popen(run, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 30
        while not list(tmp_path.glob(".*.part")) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(wait)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        try:
            _, told = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert told == b"hcc-kg: interrupted; no output was written\n"
    found = {path.name: path.read_text() for path in tmp_path.iterdir() if path.name != "p.csv"}
    assert found == {"out.json": "older"}


@pytest.mark.parametrize("command", ["classify --example", "show rfa", "query agents"])
def test_lines_end_without_blanks_where_no_terminal_reads_them(
    run: Callable[..., Ran], command: str
) -> None:
    lines = run(*command.split()).out.splitlines()
    assert len(lines) > 5
    assert [line for line in lines if line != line.rstrip()] == []
