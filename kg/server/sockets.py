"""The socket of a server: an address of this machine, taken before anything is loaded."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from kg.errors import InputError

BACKLOG = 2048
_LAST = 65535


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen at an address while the block runs.

    Raises:
        InputError: there is no such address, or its port is in use or not for us.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, number, _, address = found[0]
        listener = socket.socket(family, kind, number)
    except OSError as error:
        raise InputError(f"--host {host}: {error.strerror or error}") from error
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError as error:
            raise InputError(_refusal(host, port, error)) from error
        listener.listen(BACKLOG)  # who comes before the server is ready waits
        yield listener


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < _LAST else port - 1
        return f"port {port} is in use; give another, such as --port {other}"
    return f"{host}:{port} cannot be had: {error.strerror}; give another --port or --host"
