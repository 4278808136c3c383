"""SPARQLWrapper over our own connection: it makes the requests and converts what comes.

Its own connection follows redirects with the credentials, makes digest log-in a setting of the
whole process, counts timeouts in whole seconds and reads answers of any size; so requests go
through `kg.stores.http`.
"""

from __future__ import annotations

from email.message import Message
from io import BytesIO

from SPARQLWrapper import JSON, POST, SPARQLWrapper

from kg.stores.http import Client, Reply


class Answered(BytesIO):
    """An answer as SPARQLWrapper reads it: the body, with its media type."""

    def __init__(self, url: str, reply: Reply) -> None:
        super().__init__(reply.body)
        self.reply, self._url = reply, url

    def geturl(self) -> str:
        """Return the address that was asked."""
        return self._url

    def info(self) -> Message:
        """Return the headers: the media type."""
        message = Message()
        message["Content-Type"] = self.reply.media_type
        return message


class Wrapper(SPARQLWrapper):
    """A SPARQLWrapper for an endpoint, with its log-in and time limit.

    Its methods raise our errors: see `kg.stores.http.Client.send`.
    """

    def __init__(self, endpoint: str, client: Client) -> None:
        super().__init__(endpoint, returnFormat=JSON, agent="hcc-kg")
        self._client = client
        self.setMethod(POST)
        self.setOnlyConneg(True)

    def resetQuery(self) -> None:  # noqa: N802 - the name is that of SPARQLWrapper
        """Forget the query, and ask by POST again: a query may be longer than an address."""
        super().resetQuery()
        self.setMethod(POST)

    def _query(self) -> tuple[Answered, str]:  # type: ignore[override]
        request = self._createRequest()
        url, body = request.full_url, request.data
        content = body if isinstance(body, bytes) else None
        headers = dict(request.header_items())
        reply = self._client.send(request.get_method(), url, content=content, headers=headers)
        return Answered(url, reply), self.returnFormat
