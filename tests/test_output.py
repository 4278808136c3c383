"""Output files: whole or not at all, whatever ends the run."""

from __future__ import annotations

import io
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Ran
from counting import PATIENCE

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


CLOSED = ["classify --example --format json", "show rfa", "template"]


@pytest.mark.parametrize("command", CLOSED)
def test_closed_pipe_ends_the_run_without_a_trace(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    end, begin = os.pipe()
    os.close(end)
    with os.fdopen(begin, "w") as pipe:  # closing it writes what is left, and must not fail
        monkeypatch.setattr(sys, "stdout", pipe)
        assert run(*command.split())[::2] == (141, "")


def test_closed_pipe_ends_the_process_without_a_trace() -> None:
    run = [sys.executable, "-m", "kg", *CLOSED[0].split()]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 141


# Each says "up" from within the run, at the moment that a test waits for.
STARTS_JAVA = """
import os, jpype
started = jpype.startJVM
def start(*arguments, **options):
    os.write(2, b"up")
    started(*arguments, **options)
jpype.startJVM = start
from kg.cli import main
main()
"""
REASONS = """
import os
from kg.engines.hermit import Hermit
entails = Hermit._entails
def first(*asked):
    Hermit._entails = entails
    os.write(2, b"up")
    return entails(*asked)
Hermit._entails = first
from kg.cli import main
main()
"""
BEGINS = """
import os
from kg import cli
status = cli._status
def begin():
    os.write(2, b"up")
    return status()
cli._status = begin
cli.main()
"""


@pytest.mark.parametrize("program", [STARTS_JAVA, REASONS], ids=["java-starts", "it-reasons"])
def test_interrupted_run_leaves_nothing_and_says_so(tmp_path: Path, program: str) -> None:
    (tmp_path / "out.json").write_text("older")
    options = ["--engine", "hermit", "--output", "out.json"]
    with started(tmp_path, "classify", "p.csv", *options, program=program) as process:
        wait_until_it_is_up(process)
        process.send_signal(signal.SIGINT)
        assert ended(process) == (130, "", INTERRUPTED)
    found = {path.name: path.read_text() for path in tmp_path.iterdir() if path.name != "p.csv"}
    assert found == {"out.json": "older"}


@pytest.mark.parametrize("command", ["classify --example", "show rfa", "query agents"])
def test_lines_end_without_blanks_where_no_terminal_reads_them(
    run: Callable[..., Ran], command: str
) -> None:
    lines = run(*command.split()).out.splitlines()
    assert len(lines) > 5
    assert [line for line in lines if line != line.rstrip()] == []


MANY, FEW = 50_000, 2_000  # patients: for a run that takes time, and for one that fills a disk
INTERRUPTED = "hcc-kg: interrupted; no output was written\n"
LIMIT = 3_000  # bytes that a file may have, which stands for a full disk
LIMITED = f"""
import resource, sys
sys.dont_write_bytecode = True  # the limit would cut it short, and the next run read it
resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, {LIMIT}))
from kg.cli import main
main()
"""


def write_patients(folder: Path, count: int) -> None:
    # Of many kinds, so that HermiT, which is asked once about each, is not done at once.
    rows = "".join(f"p{i},{i % 5},{i % 17 + 1},{i % 97 + 1}\n" for i in range(count))
    header = "patient_id,ecog,max_tumour_diameter_cm,platelets_10e9_l"
    (folder / "p.csv").write_text(f"{header}\n{rows}")


@contextmanager
def started(
    folder: Path, *arguments: str, program: str | None = None, patients: int = MANY
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a run on a cohort of many patients; what is temporary goes to the folder too."""
    write_patients(folder, patients)
    code = ["-m", "kg"] if program is None else ["-c", program]
    with subprocess.Popen(
        [sys.executable, *code, *arguments],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[bytes]) -> Ran:
    """Wait for the end of a run."""
    out, err = process.communicate(timeout=PATIENCE)
    return Ran(process.returncode, out.decode(), err.decode())


def wait_until_it_writes(folder: Path) -> None:
    """Wait for a file that is hidden, or a folder among the temporary ones."""
    deadline = time.monotonic() + PATIENCE
    while len(list(folder.iterdir())) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_until_it_is_up(process: subprocess.Popen[bytes]) -> None:
    """Wait until a program says that it is where a signal shall meet it."""
    assert process.stderr is not None
    assert process.stderr.read(2) == b"up"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the test, which is that of temporary files too."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def small_files() -> Iterator[None]:
    """Let files of this process become no longer than the limit."""
    import resource

    before, compiled = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # or a file of it would be cut short
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = compiled


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")
@pytest.mark.parametrize(
    ("command", "place", "older"),
    [
        ("classify p.csv -o out.csv", "out.csv", True),
        ("classify p.csv -o out.csv", "out.csv", False),
        ("classify p.csv -o out.parquet", "out.parquet", True),
        ("classify p.csv --format csv", "the temporary folder", False),
        ("classify bad.csv -o out.csv", "bad.rejected.csv", True),
        ("graph build p.csv -o out.nq", "out.nq", False),
        ("graph build p.csv --store out", "out", False),
    ],
)
def test_full_disk_is_told_with_the_place_and_an_older_result(
    run: Callable[..., Ran], temporary: Path, command: str, place: str, older: bool
) -> None:
    bad = "".join(f"p{i},9\n" for i in range(FEW))
    (temporary / "bad.csv").write_text(f"patient_id,ecog\n{bad}")
    if older:
        (temporary / place).write_text("older")
    if "--store" in command:  # a store that fails may go on in its threads
        before = {path.name for path in temporary.iterdir()} | {"p.csv"}
        with started(temporary, *command.split(), program=LIMITED, patients=FEW) as process:
            ran = ended(process)
    else:
        write_patients(temporary, FEW)
        before = {path.name for path in temporary.iterdir()}
        with small_files():
            ran = run(*command.split())
    assert ran.status == 2, ran.err
    assert "File too large; make room" in ran.err
    assert place in ran.err
    assert "Traceback" not in ran.err
    assert ("The older one was not replaced" in ran.err) == older
    assert {path.name for path in temporary.iterdir()} == before


@pytest.mark.skipif(not DEVICE.is_char_device(), reason="no device that is always full")
@pytest.mark.parametrize("command", ["show rfa", "template", "classify --example", "query agents"])
def test_standard_output_that_takes_no_more_is_told(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    with DEVICE.open("w") as full:  # closing it writes what is left, and must not fail
        monkeypatch.setattr(sys, "stdout", full)
        ran = run(*command.split())
    assert ran.status == 2
    assert "hcc-kg: standard output: " in ran.err
    assert ran.err.endswith(("No space left on device\n", "No space left on device; make room\n"))


@pytest.mark.skipif(not DEVICE.is_char_device(), reason="no device that is always full")
def test_process_whose_standard_output_takes_no_more_leaves_no_trace() -> None:
    with DEVICE.open("wb") as full:
        run = [sys.executable, "-m", "kg", "show", "rfa"]
        env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        ran = subprocess.run(run, env=env, stdout=full, stderr=subprocess.PIPE, check=False)
    assert ran.returncode == 2
    assert b"hcc-kg: standard output: " in ran.stderr
    assert b"No space left on device" in ran.stderr
    assert b"Traceback" not in ran.stderr


def test_another_error_of_the_system_loses_nothing_that_was_printed() -> None:
    program = """
from kg import cli, errors
def status():
    print("printed")
    raise errors.InputError("there is no such file") from OSError()
cli._status = status
cli.main()
"""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    ran = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, b"printed\n")
    assert ran.stderr == b"hcc-kg: there is no such file\n"


@pytest.mark.parametrize("command", ["show rfa", "template", "classify --example"])
def test_standard_output_that_is_none_is_told(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    ran = run(*command.split())
    sys.stdout.close()
    assert ran.status == 2
    assert ran.err.endswith("standard output: Bad file descriptor\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no shell of this kind there")
def test_closed_standard_output_is_told() -> None:
    run = f"exec {sys.executable} -m kg show rfa >&-"
    ran = subprocess.run(["bash", "-c", run], stderr=subprocess.PIPE, check=False)
    assert ran.returncode == 2
    assert ran.stderr.endswith(b"standard output: Bad file descriptor\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no shell of this kind there")
def test_closed_streams_get_nothing_of_a_file(tmp_path: Path) -> None:
    run = f"exec {sys.executable} -m kg classify --example -o {tmp_path}/out.csv <&- >&- 2>&-"
    assert subprocess.run(["bash", "-c", run], check=False).returncode == 0
    assert (tmp_path / "out.csv").read_text().startswith("patient_id,")


@pytest.mark.parametrize(
    ("encoding", "command"), [("latin-1", "show rfa"), ("ascii", "show ABL-I1")]
)
def test_encoding_that_lacks_a_sign_ends_no_command(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, encoding: str, command: str
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
    assert run(*command.split()).status == 0
    assert b"\\u2013" in written.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not the same there")
@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("classify p.csv --explain -o out.json", signal.SIGTERM),
        ("classify p.csv --explain -o out.json", signal.SIGHUP),
        ("classify p.csv --explain --format json", signal.SIGINT),
        ("graph build p.csv --engine hermit --store out", signal.SIGHUP),
        ("graph build p.csv -o out.nq", signal.SIGTERM),
    ],
)
def test_signal_ends_a_run_and_leaves_nothing(
    tmp_path: Path, command: str, number: signal.Signals
) -> None:
    with started(tmp_path, *command.split()) as process:
        wait_until_it_writes(tmp_path)
        assert process.poll() is None
        process.send_signal(number)
        process.send_signal(signal.SIGTERM)  # whoever ends a session sends more than one
        ran = ended(process)
    assert ran.status == 128 + number, ran.err
    assert ran.err == INTERRUPTED
    assert ran.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["p.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not the same there")
def test_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    ignoring = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{LIMITED}"
    options = ["--engine", "hermit", "-o", "out.csv"]
    with started(tmp_path, "classify", "p.csv", *options, program=ignoring) as process:
        wait_until_it_writes(tmp_path)
        process.send_signal(signal.SIGHUP)
        process.terminate()
        assert ended(process).status == 128 + signal.SIGTERM


def test_signal_ends_a_command_that_writes_at_its_end_only(tmp_path: Path) -> None:
    with started(tmp_path, "cohort", "p.csv", program=BEGINS) as process:
        wait_until_it_is_up(process)
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (128 + signal.SIGTERM, "", INTERRUPTED)


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there that tell")
@pytest.mark.parametrize("options", ["-o out.json", "--format json"])
def test_next_run_removes_what_a_killed_one_left(
    run: Callable[..., Ran], temporary: Path, options: str
) -> None:
    def left() -> int:
        return len([path for path in temporary.iterdir() if "hcc-kg" in path.name])

    again = ["classify", "--example", *options.split()]
    with started(temporary, "classify", "p.csv", "--engine", "hermit", *options.split()):
        wait_until_it_writes(temporary)
        assert run(*again).status == 0
        assert left() == 1  # it still goes on
    assert left() == 1
    assert run(*again).status == 0
    assert left() == 0


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_replaced_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    (tmp_path / "out").touch()
    (tmp_path / "out").chmod(mode)
    with whole_file(tmp_path / "out") as part:
        part.write_text("new")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == mode


def test_new_file_is_no_wider_than_the_one_it_comes_from(tmp_path: Path) -> None:
    (tmp_path / "patients").touch()
    (tmp_path / "patients").chmod(0o600)
    with whole_file(tmp_path / "out", within=tmp_path / "patients"):
        pass
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600
