"""The examples of docs/endpoint.md are run against a server."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Served, serving

PAGE = (Path(__file__).parents[1] / "docs" / "endpoint.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:8890/"
CURL = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.S | re.M)
    for line in block.splitlines()
    if line.startswith("curl ")
]
PYTHON = re.findall(r"^```py\n(.*?)^```$", PAGE, re.S | re.M)


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A server of what is served by default."""
    with serving() as found:
        yield found


def test_examples_are_found() -> None:
    assert len(CURL) >= 6
    assert PYTHON


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("line", CURL)
def test_curl_is_answered(server: Served, line: str) -> None:
    command = shlex.split(line.replace(ADDRESS, server.address))
    found = subprocess.run(
        [*command, "--fail-with-body", "--silent", "--noproxy", "*"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout


@pytest.mark.parametrize("text", PYTHON)
def test_python_prints_a_number_of_patients(server: Served, text: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", text.replace(ADDRESS, server.address)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(found.stdout) > 0


def test_limits_of_the_page_are_those_of_the_server() -> None:
    from kg.server.jobs import MB, Limits
    from kg.server.screening import MAX_DEPTH

    limits = Limits()
    told = dict(re.findall(r"^\| ([^|]+?) \| (\d+)", PAGE, re.M))
    assert float(told["time of a query"]) == limits.seconds
    assert (
        float(told["time of a saved question (`/queries/NAME`)"]) == limits.seconds * limits.saved
    )
    assert int(told["memory of a query"]) * MB == limits.memory
    assert int(told["size of an answer"]) * MB == limits.result
    assert int(told["queries answered at once"]) == limits.running
    assert int(told["queries that queue"]) == limits.waiting
    assert int(told["length of a request"]) * 1024 == limits.request
    assert int(told["nesting of brackets"]) == MAX_DEPTH
