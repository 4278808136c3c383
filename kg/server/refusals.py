"""A request that is refused: with which HTTP status, and in which words."""

from __future__ import annotations


class RefusedError(Exception):
    """A request that is not carried out, with the HTTP status and the words to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
