"""What the environment says about the way to the provider: proxies and authorities."""

from __future__ import annotations

import socket
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.config import Config, ProviderConfig
from im_notify.errors import ConfigError, NotSentError, UnknownOutcomeError
from im_notify.sandbox import EXAMPLE_HASH, EXAMPLE_KEY
from im_notify_plugins.iletimerkezi.account import backends
from im_notify_plugins.iletimerkezi.transport import PooledTransport

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    import trustme

    from im_notify.errors import ImNotifyError
    from im_notify.models import Message
    from im_notify.sandbox import Sandbox
    from im_notify_plugins.iletimerkezi.backends import ProviderBackend

    Ways = dict[str, ProviderBackend]
    Failure = Callable[..., ImNotifyError]

both_ways = pytest.mark.parametrize("way", ["json", "get"])


def _tunnel(conn: socket.socket, proxy: Any, port: int) -> None:
    """Take one CONNECT and carry bytes to `port`, whatever host was asked for."""
    proxy.hear(conn)
    with socket.create_connection(("127.0.0.1", port)) as far:
        proxy.answer(conn, b"")
        back = Thread(target=_carry, args=(far, conn), daemon=True)
        back.start()
        _carry(conn, far)
        back.join(2)


def _carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


@both_ways
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_of_ones_own_is_trusted(
    *,
    peer: Callable[..., Any],
    certified: ssl.SSLContext,
    authority: trustme.CA,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    taken: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    variable: str,
) -> None:
    """The environment names the file."""
    server = peer(
        lambda conn, server: server.hear(conn) and server.answer(conn, taken[way]), tls=certified
    )

    with authority.cert_pem.tempfile() as bundle:
        monkeypatch.setenv(variable, bundle)
        receipt = account(server.url)[way].send(make())

    assert receipt.order_id == "312891245"


@both_ways
@pytest.mark.parametrize("spelling", ["HTTPS_PROXY", "https_proxy"])
def test_https_goes_through_the_proxy(
    *,
    peer: Callable[..., Any],
    certified: ssl.SSLContext,
    authority: trustme.CA,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    taken: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    spelling: str,
) -> None:
    """It sees the host and nothing else, and resolves the name."""
    server = peer(
        lambda conn, server: server.hear(conn) and server.answer(conn, taken[way]), tls=certified
    )
    proxy = peer(lambda conn, proxy: _tunnel(conn, proxy, server.port))
    monkeypatch.setenv(spelling, f"http://127.0.0.1:{proxy.port}")

    with authority.cert_pem.tempfile() as bundle:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        receipt = account("https://provider.test/v1/")[way].send(make())

    assert receipt.order_id == "312891245"
    assert len(server.heard) == 1
    assert proxy.heard[0].startswith(b"CONNECT provider.test:443 HTTP/1.")
    assert EXAMPLE_KEY.encode() not in proxy.heard[0]


@both_ways
def test_an_untrusted_certificate_behind_a_proxy_is_not_sent(
    *,
    peer: Callable[..., Any],
    certified: ssl.SSLContext,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    """The certificate is blamed, not the proxy."""
    server = peer(lambda conn, server: server.hear(conn), tls=certified)
    proxy = peer(lambda conn, proxy: _tunnel(conn, proxy, server.port))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")

    error = failure(account("https://provider.test/v1/")[way].send, make())

    assert type(error) is NotSentError
    assert "set REQUESTS_CA_BUNDLE" in str(error)


@both_ways
@pytest.mark.parametrize("ending", ["reset", "close", "hang"])
def test_a_failure_behind_a_proxy_after_the_request_is_unknown(
    *,
    peer: Callable[..., Any],
    certified: ssl.SSLContext,
    authority: trustme.CA,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    ending: str,
) -> None:
    """The tunnel stood and the request was read: this is no failure of the proxy."""

    def script(conn: socket.socket, server: Any) -> None:
        server.hear(conn)
        if ending == "hang":
            conn.recv(1)
        elif ending == "reset":
            server.reset(conn)

    server = peer(script, tls=certified)
    proxy = peer(lambda conn, proxy: _tunnel(conn, proxy, server.port))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")

    with authority.cert_pem.tempfile() as bundle:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        backend = account("https://provider.test/v1/", read_timeout=0.3)[way]
        error = failure(backend.send, make())

    assert type(error) is UnknownOutcomeError
    assert len(server.heard) == 1


@both_ways
@pytest.mark.parametrize("ending", ["reset", "close"])
def test_a_plain_proxy_that_breaks_after_the_request_is_unknown(
    *,
    peer: Callable[..., Any],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    ending: str,
) -> None:
    """The proxy read the request and may have passed it on."""

    def script(conn: socket.socket, proxy: Any) -> None:
        proxy.hear(conn)
        if ending == "reset":
            proxy.reset(conn)

    proxy = peer(script)
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")

    error = failure(account("http://provider.test/v1/")[way].send, make())

    assert type(error) is UnknownOutcomeError
    assert len(proxy.heard) == 1


@both_ways
def test_plain_http_goes_through_the_proxy(
    *,
    peer: Callable[..., Any],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    taken: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    """It is asked for the whole address."""
    proxy = peer(lambda conn, proxy: proxy.hear(conn) and proxy.answer(conn, taken[way]))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")

    receipt = account("http://provider.test/v1/")[way].send(make())

    assert receipt.order_id == "312891245"
    assert b" http://provider.test/v1/send-sms/" in proxy.heard[0].split(b"\r\n")[0]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_not_sent(
    *,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    """Nothing left this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://127.0.0.1:{port}")

    error = failure(account(f"{scheme}://provider.test/v1/")["json"].send, make())

    assert type(error) is NotSentError


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway"])
def test_a_proxy_that_refuses_the_tunnel_is_not_sent(
    *,
    peer: Callable[..., Any],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
) -> None:
    """Without a tunnel there is no request; the proxy's words are passed on."""
    proxy = peer(lambda conn, proxy: proxy.hear(conn) and proxy.answer(conn, b"", status=status))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")

    error = failure(account("https://provider.test/v1/")["json"].send, make())

    assert type(error) is NotSentError
    assert status in str(error)


def test_no_proxy_names_what_is_near(
    *,
    sandbox: Sandbox,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    peer: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it names is reached directly."""
    proxy = peer(lambda conn, proxy: proxy.hear(conn))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    account(sandbox.base_url)["json"].send(make())

    assert len(sandbox.ledger) == 1
    assert proxy.heard == []


def test_a_netrc_does_not_reach_the_provider(
    *,
    sandbox: Sandbox,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Passwords of the machine are none of its business."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))

    account(sandbox.base_url)["json"].send(make())

    assert "authorization" not in {name.lower() for name in sandbox.requests[0].headers}


@pytest.mark.parametrize(
    "environ",
    [{}, {"ILETIMERKEZI_API_KEY": EXAMPLE_KEY}, {"ILETIMERKEZI_API_HASH": EXAMPLE_HASH}],
)
def test_without_credentials_nothing_is_sent(
    sandbox: Sandbox, make: Callable[..., Message], failure: Failure, environ: dict[str, str]
) -> None:
    """The error names the variables; that there is no account is found out when sending."""
    config = Config(provider=ProviderConfig(base_url=sandbox.base_url), environ=environ)

    error = failure(backends(config)[0].send, make())

    assert type(error) is ConfigError
    assert "IM_NOTIFY_KEY" in str(error)
    assert sandbox.requests == []


def test_the_providers_own_variables_are_read(
    sandbox: Sandbox, make: Callable[..., Message]
) -> None:
    """ILETIMERKEZI_API_KEY and ILETIMERKEZI_API_HASH stand in where nothing is configured."""
    environ = {"ILETIMERKEZI_API_KEY": EXAMPLE_KEY, "ILETIMERKEZI_API_HASH": EXAMPLE_HASH}
    config = Config(provider=ProviderConfig(base_url=sandbox.base_url), environ=environ)

    backends(config)[0].send(make())

    assert len(sandbox.ledger) == 1


def test_connections_are_kept(peer: Callable[..., Any], taken: dict[str, bytes]) -> None:
    """Three requests take one connection, until the transport is closed."""

    def script(conn: socket.socket, server: Any) -> None:
        while server.hear(conn):
            server.answer(conn, taken["json"])

    server = peer(script)
    transport = PooledTransport(connect_timeout=1, read_timeout=1)

    for _ in range(3):
        transport("POST", server.url, body=b"{}", headers={})
    transport.close()

    assert (len(server.heard), server.accepted) == (3, 1)
