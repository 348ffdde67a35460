"""Carries requests, and knows after a failure whether the request can have been read.

Only this module imports requests and urllib3; it is loaded when the first request is made.
"""

from __future__ import annotations

import logging
import ssl
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import requests
from requests.adapters import DEFAULT_POOLBLOCK, HTTPAdapter
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping


_HEADERS = {"User-Agent": "im-notify", "Accept-Encoding": "gzip, deflate"}
POOL = 24  #: connections that are kept: a relay has 16 orders on their way, and asks for reports
MAX_BODY = 16 * 1024 * 1024  #: bytes of an answer; a page of 1,000 rows has about 60 kB
_UNUSABLE = (MissingSchema, InvalidSchema, InvalidURL, LocationValueError)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that arrived whole; header names as requests gives them, in any case."""

    status: int
    body: bytes = field(repr=False)
    retry_after: float | None = None


class TransportError(Exception):
    """No whole answer came; `sent` is False when the request surely was not read whole."""

    def __init__(self, text: str, *, sent: bool) -> None:
        """Keep the one thing that decides what may be done next."""
        super().__init__(text)
        self.sent = sent


class Transport(Protocol):
    """Carries one request; a test or a host program may bring its own."""

    def __call__(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        """Return the whole answer, whatever its status. Raises TransportError."""


class PooledTransport:
    """Keeps connections open; safe to share between threads.

    Proxies and certificate authorities come from the environment as requests reads it
    (`HTTPS_PROXY`, `NO_PROXY`, `REQUESTS_CA_BUNDLE`), once for each host: reading it for each
    request, as a `requests.Session` does, is a third of a request's cost. Cookies and `.netrc`
    have no business here. Redirects are not followed: a redirected send would change its method.
    """

    def __init__(self, *, connect_timeout: float, read_timeout: float, pool: int = POOL) -> None:
        """Set the timeouts, in seconds, and how many connections are kept."""
        self._timeout = (connect_timeout, read_timeout)
        self._adapter = _WatchedAdapter(pool_connections=pool, pool_maxsize=pool)
        self._surroundings: dict[str, Mapping[str, Any]] = {}
        mask_log()

    def __call__(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        """Return the whole answer, whatever its status. Raises TransportError."""
        try:
            response = self._adapter.send(
                _prepared(method, url, body=body, headers=headers),
                timeout=self._timeout,
                **self._surrounding(url),
            )
            return Reply(response.status_code, _read(response), _pause(response))
        except (OSError, HTTPError) as error:  # requests' own errors are OSErrors
            raise transport_error(error) from None  # the chain would show the URL

    def _surrounding(self, url: str) -> Mapping[str, Any]:
        host = _host(url)
        if host not in self._surroundings:
            found = requests.Session().merge_environment_settings(host, {}, True, None, None)  # noqa: FBT003  requests' signature
            self._surroundings[host] = found
        return self._surroundings[host]

    def close(self) -> None:
        """Close the kept connections."""
        self._adapter.close()


def _prepared(
    method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]
) -> requests.PreparedRequest:
    """Fill the request in by hand: URL and headers are ours and need no second look."""
    request = requests.PreparedRequest()
    request.method, request.url, request.body = method, url, body
    request.headers = CaseInsensitiveDict({**_HEADERS, **headers})
    if body is not None:
        request.headers["Content-Length"] = str(len(body))
    return request


def transport_error(error: Exception) -> TransportError:
    """Say what happened without the URL, and whether the request can have been read."""
    if isinstance(error, requests.ConnectTimeout):
        return TransportError(_("no connection within the connect timeout"), sent=False)
    if (reason := _connect_failure(error)) is not None:
        return TransportError(_("no connection: {reason}").format(reason=reason), sent=False)
    if isinstance(error, requests.ReadTimeout | ReadTimeoutError):
        return TransportError(_("no answer within the read timeout"), sent=True)
    if not isinstance(error, requests.RequestException | HTTPError):
        return TransportError(_("no request: {reason}").format(reason=error), sent=False)
    return TransportError(_("the connection broke before the answer was whole"), sent=True)


def _connect_failure(error: Exception) -> str | None:
    if isinstance(error, _UNUSABLE):
        return _("the base URL or the proxy's cannot be used")
    links = _chain(error)
    for link in links:
        if isinstance(link, ssl.SSLCertVerificationError):
            text = _("the certificate is not trusted ({reason}): set REQUESTS_CA_BUNDLE")
            return text.format(reason=link.verify_message)
    for link in links:
        if isinstance(link, ConnectTimeoutError):  # the other refusals to connect are its children
            return _innermost(link)
    return None


def _chain(error: BaseException | None) -> list[BaseException]:
    """List the error and all that it wraps: requests and urllib3 nest them in three ways.

    The context is left out: it may be an older failure that the caller is just dealing with.
    """
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and link not in found:
            found.append(link)
            waiting += [getattr(link, "reason", None), *link.args, link.__cause__]
    return found


def _innermost(error: ConnectTimeoutError) -> str:
    for link in reversed(_chain(error)):
        if isinstance(link, OSError) and (link.strerror or str(link)):
            return link.strerror or str(link)
    return type(error).__name__


class _Watched(HTTPConnection):
    """Turns what breaks before the request is handed over into urllib3's connect error.

    Head and body leave together: one segment, one system call, and one point at which the
    request is handed over or is not.
    """

    _held: bytearray | None = None

    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:  # a reset or a TLS alert during the handshake
            raise NewConnectionError(self, "no connection") from error

    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  as urllib3's
        self._held = bytearray()
        try:
            super().request(*args, **kwargs)
            held, self._held = self._held, None
            super().send(held)
        except OSError as error:  # the last bytes did not leave, so nobody read it whole
            raise NewConnectionError(self, "not handed over") from error
        finally:
            self._held = None

    def send(self, data: Any) -> None:  # noqa: ANN401  as http.client's
        if self._held is None:
            super().send(data)
        else:
            self._held += data

    def getresponse(self) -> Any:  # noqa: ANN401  as urllib3's
        try:
            return super().getresponse()
        except ssl.SSLError as error:  # requests would call it a handshake failure
            raise ProtocolError("the connection broke", error) from error


class _WatchedTLS(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


def _host(url: str) -> str:
    """Return scheme and host with its port."""
    return url[: url.find("/", len("https://"))]


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = DEFAULT_POOLBLOCK,  # noqa: FBT001  as requests'
        **pool_kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        self._pools: dict[str, Any] = {}

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        *surroundings: Any,  # noqa: ANN401  as requests'
        **named: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Return the pool of the request's host; what it is chosen by does not change."""
        host = _host(request.url or "")
        if host not in self._pools:
            found = super().get_connection_with_tls_context(request, *surroundings, **named)
            self._pools[host] = found
        return self._pools[host]

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:  # noqa: ANN401
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        return manager


def _read(response: requests.Response) -> bytes:
    with closing(response.raw) as raw:  # after a whole answer this leaves the connection open
        body: bytes = raw.read(MAX_BODY + 1, decode_content=True)
        if len(body) > MAX_BODY:
            raise TransportError(_("the answer is larger than 16 MiB"), sent=True)
        raw.read()  # the end of the stream gives the connection back
    return body


def _pause(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


class _Mask(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_masked(arg) for arg in record.args)
        return True


def _masked(value: object) -> object:
    if isinstance(value, str) and "send-sms/get" in value:
        return value.partition("?")[0] + "?***"
    return value


def mask_log() -> None:
    """Keep the query of a GET send out of urllib3's log, also out of its warnings about headers."""
    for name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, _Mask) for one in logger.filters):
            logger.addFilter(_Mask())
