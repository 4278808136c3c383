"""`hcc-kg explore` runs the explorer, and takes it along when it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from kg.benchmarks.running import free_port


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as found:
            return bool(found.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def test_it_runs_until_it_is_ended_and_leaves_nothing_running() -> None:
    port = free_port()
    command = [sys.executable, "-m", "kg", "explore", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not answers(port):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert f"http://127.0.0.1:{port}/".encode() in told
    assert not answers(port)
