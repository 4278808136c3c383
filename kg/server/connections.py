"""HTTP connections, given up where a request does not come, or its answer is not taken, in time."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_TIME = 20.0  # seconds that the head of a request may take, from its connection or first byte
IDLE_TIME = 60  # seconds that a connection is kept after an answer; more than clients keep it
STALLED = 20.0  # seconds in which a client has to take some of an answer that waits for it
_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


_open: set[TimedProtocol] = set()


def held() -> int:
    """Return how many bytes of answers wait for clients to take them."""
    return sum(connection.transport.get_write_buffer_size() for connection in _open)


class TimedProtocol(H11Protocol):
    """uvicorn's HTTP, with time limits for the head of a request and for taking an answer.

    uvicorn itself waits for ever: clients that send their heads byte by byte would use up the
    connections that the system allows, and those that take no answer its memory.
    """

    _due: asyncio.TimerHandle
    _stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        _open.add(self)
        self._wait()

    def pause_writing(self) -> None:
        """Begin to watch whether the client takes what waits for it."""
        super().pause_writing()
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Stop watching."""
        super().resume_writing()
        self._stop_watching()

    def data_received(self, data: bytes) -> None:
        """Take what has come, and wait on where it is not yet a head."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._due.cancel()
        elif self._due.cancelled() and self.conn.trailing_data[0]:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting and watching."""
        _open.discard(self)
        self._due.cancel()
        self._stop_watching()
        super().connection_lost(exc)

    def _watch(self, waiting: int) -> None:
        self._stall = self.loop.call_later(STALLED, self._check, waiting)

    def _check(self, before: int) -> None:
        """Give a client up that has taken nothing since."""
        now = self.transport.get_write_buffer_size()
        if now >= before:
            self.transport.abort()
        else:
            self._watch(now)

    def _stop_watching(self) -> None:
        if self._stall is not None:
            self._stall.cancel()

    def _wait(self) -> None:
        self._due = self.loop.call_later(HEAD_TIME, self._give_up)

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_LATE)
            self.transport.close()
