"""The servers that are measured against, each a process of its own."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


_PLACED = b'{"response":{"status":{"code":200,"message":"OK"},"order":{"id":"312891245"}}}'


class _Stub(BaseHTTPRequestHandler):
    """Takes everything as an order, head and body in one segment, connections kept alive."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(_PLACED)))
        self.end_headers()
        self.wfile.write(_PLACED)

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet."""


@contextlib.contextmanager
def sandbox(port: int) -> Iterator[str]:
    """Run `im-notify sandbox` and give its base URL."""
    command = [sys.executable, "-m", "im_notify", "sandbox", "--port", str(port)]
    with _process(command, port):
        yield f"http://127.0.0.1:{port}/v1/"


@contextlib.contextmanager
def stub(port: int) -> Iterator[str]:
    """Run a server that answers 200 and give its host and port."""
    with _process([sys.executable, __file__, str(port)], port):
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def _process(command: list[str], port: int) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield
        finally:
            process.terminate()


def _wait(port: int) -> None:
    for _attempt in range(100):
        time.sleep(0.05)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
    raise TimeoutError(port)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Stub).serve_forever()
