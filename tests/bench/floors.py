"""What the relay is measured beside, and the relay itself: each a server in a process of its own.

`bare` is a Starlette route that commits one row a request, `echo` answers without looking and
shows how much the load itself can do, `kannel` is Debian's SMS gateway with its spool store.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from im_notify.sandbox import Sandbox

TOKEN = "a-token-of-the-benchmark"
_ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 25\r\n\r\n0: Accepted for delivery\n"
QUIET = "rate = 0.0001"  #: of [provider]: the first order leaves, the others wait
_CONFIGURATION = """\
[provider]
sender = "APITEST"
iys = "0"
{provider}
[contacts.oncall]
numbers = ["5301234567"]
[hooks.alertmanager]
token = "{token}"
to = ["oncall"]
[devices.lobby]
token = "{token}"
[relay]
listen = "127.0.0.1:{port}"
database = "sqlite:///{folder}/outbox.db"
api_token = "{token}"
[storm]
enabled = {storm}
"""
_KANNEL = """\
group = core
admin-port = {admin}
admin-password = bench
smsbox-port = {inner}
box-allow-ip = 127.0.0.1
log-level = 4
store-type = spool
store-location = "{folder}/spool"

group = smsc
smsc = http
system-type = kannel
smsc-username = bench
smsc-password = bench
port = {smsc}
connect-allow-ip = 127.0.0.1
send-url = "http://127.0.0.1:{echo}/"
throughput = 90

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {port}
log-level = 4

group = sendsms-user
username = bench
password = bench
default-sender = APITEST
max-messages = 10
"""


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def relay(
    folder: Path, sandbox: Sandbox, *, provider: str = "", storm: bool = False
) -> Iterator[tuple[int, int]]:
    """Run the relay and give its port and its process; without storm control each alert is sent."""
    port, config = free_port(), folder / "config.toml"
    config.touch(mode=0o600)
    values = {"provider": provider, "storm": str(storm).lower()}
    config.write_text(_CONFIGURATION.format(token=TOKEN, port=port, folder=folder, **values))
    environ = {
        **os.environ,
        "IM_NOTIFY_BASE_URL": sandbox.base_url,
        "IM_NOTIFY_KEY": sandbox.settings.key,
        "IM_NOTIFY_HASH": sandbox.settings.hash,
    }
    command = [sys.executable, "-m", "im_notify", "serve", "--config", str(config)]
    with process(command, port, environ=environ) as started:
        yield port, started


@contextlib.contextmanager
def bare(folder: Path) -> Iterator[int]:
    """Run the bare route and give its port."""
    port = free_port()
    with process([sys.executable, __file__, "bare", str(port), str(folder / "bare.db")], port):
        yield port


@contextlib.contextmanager
def echo() -> Iterator[int]:
    """Run the server that does nothing and give its port."""
    port = free_port()
    with process([sys.executable, __file__, "echo", str(port)], port):
        yield port


def has_kannel() -> bool:
    """Say whether it is installed."""
    return shutil.which("bearerbox") is not None


@contextlib.contextmanager
def kannel(folder: Path) -> Iterator[int]:
    """Run bearerbox and smsbox, whose provider is `echo`, and give the port of smsbox."""
    (folder / "spool").mkdir()
    port, inner = free_port(), free_port()
    config = folder / "kannel.conf"
    with echo() as provider:
        ports = {"admin": free_port(), "smsc": free_port(), "echo": provider}
        config.write_text(_KANNEL.format(folder=folder, port=port, inner=inner, **ports))
        with process(["bearerbox", str(config)], inner), process(["smsbox", str(config)], port):
            yield port


@contextlib.contextmanager
def process(
    command: list[str], port: int, *, environ: dict[str, str] | None = None
) -> Iterator[int]:
    """Run a server until the end of the block; gives its process id once it listens at `port`."""
    null = subprocess.DEVNULL
    with subprocess.Popen(command, env=environ, stdout=null, stderr=null) as one:
        try:
            _wait(port)
            yield one.pid
        finally:
            one.kill()


def _wait(port: int) -> None:
    for _attempt in range(200):
        time.sleep(0.05)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
    raise TimeoutError(port)


def _serve_bare(port: int, path: str) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from im_notify.relay_config import Listen
    from im_notify.server.run import open_socket

    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, at REAL, query TEXT, body TEXT)")

    async def answer(request: Request) -> Response:
        row = (time.time(), request.url.query, (await request.body()).decode())
        found = connection.execute("INSERT INTO rows (at, query, body) VALUES (?, ?, ?)", row)
        return JSONResponse({"id": found.lastrowid})

    methods = ["GET", "POST"]
    paths = ("/hook/alertmanager", "/v1/send-sms/get/")
    app = Starlette(routes=[Route(one, answer, methods=methods) for one in paths])
    config = uvicorn.Config(
        app,
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=65,
    )
    with open_socket(Listen(port=port)) as opened:
        uvicorn.Server(config).run(sockets=[opened])


class _Echo(asyncio.Protocol):
    """Takes each segment for a whole request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if data:
            self._transport.write(_ANSWER)


async def _serve_echo(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Echo, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        _serve_bare(int(sys.argv[2]), sys.argv[3])
    else:
        asyncio.run(_serve_echo(int(sys.argv[2])))
