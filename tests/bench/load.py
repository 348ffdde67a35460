"""Posts one request after the other on each of several connections, and prints what it took.

python tests/bench/load.py PORT TEMPLATE --clients 16 --seconds 3 --start 0

A process of its own so that it takes no time from what is measured, and no more than sockets,
epoll and bytes so that it is not the bottleneck. TEMPLATE is a file with a whole HTTP request;
each `@@@@@@@@` in it becomes the number of the request in eight digits.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import select
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"
_PATIENCE = 30.0  # seconds without any answer


@dataclass(slots=True)
class _Client:
    """One connection: what came of the answer so far, and when its request left."""

    connection: socket.socket
    sent_at: float = 0.0
    came: bytes = b""


@dataclass(slots=True)
class _Load:
    """What is sent until the end of time or of the requests, and how it went."""

    pieces: list[bytes]
    numbers: Iterator[int]
    until: float
    clients: dict[int, _Client]
    waits: list[float] = field(default_factory=list)
    refused: int = 0
    last: float = 0.0

    def send(self, client: _Client) -> bool:
        """Send the next request; false when there is none."""
        number = next(self.numbers, None)
        now = client.sent_at = time.perf_counter()
        if number is None or now > self.until:
            return False
        client.connection.sendall((b"%08d" % number).join(self.pieces))
        return True

    def take(self, client: _Client) -> bool:
        """Read what came; true when the answer is whole."""
        data = client.came + client.connection.recv(65_536)
        if not data:
            raise ConnectionError("the server closed the connection")
        head = data.find(_END)
        length = _LENGTH.search(data, 0, head + 2) if head >= 0 else None
        if length is None or len(data) < head + len(_END) + int(length[1]):
            client.came = data
            return False
        client.came = b""
        self.last = time.perf_counter()
        self.waits.append(self.last - client.sent_at)
        self.refused += data[9:10] != b"2"
        return True


def run(load: _Load) -> None:
    """Send and receive until every request has its answer."""
    poll = select.epoll()
    for number, client in load.clients.items():
        poll.register(number, select.EPOLLIN)
        load.send(client)
    under_way = len(load.clients)
    while under_way:
        ready = poll.poll(_PATIENCE)
        if not ready:
            raise TimeoutError("the server does not answer")
        for number, _event in ready:
            client = load.clients[number]
            if load.take(client) and not load.send(client):
                under_way -= 1


def main(argv: Sequence[str]) -> None:
    """Print the figures as JSON; times are in milliseconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("template", type=Path)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--count", type=int, default=10**7)
    parser.add_argument("--start", type=int, default=0)
    args = parser.parse_args(argv)
    opened = [socket.create_connection(("127.0.0.1", args.port)) for _one in range(args.clients)]
    for one in opened:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    gc.disable()
    begun = time.perf_counter()
    load = _Load(
        pieces=args.template.read_bytes().split(b"@" * 8),
        numbers=iter(range(args.start, args.start + args.count)),
        until=begun + args.seconds,
        clients={one.fileno(): _Client(one) for one in opened},
    )
    run(load)
    waits = sorted(1000 * wait for wait in load.waits)
    figures = {
        "count": len(waits),
        "refused": load.refused,
        "rate": len(waits) / (load.last - begun),
        "p50": waits[len(waits) // 2],
        "p99": waits[len(waits) * 99 // 100],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
