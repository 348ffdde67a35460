"""Measures the relay beside a bare route and Debian's kannel in the same run; judges nothing.

python tests/bench/relay.py                   all of it, about half an hour
python tests/bench/relay.py --only accept     one of: accept burst latency costs calls memory
python tests/bench/relay.py --smoke           the same code with few repetitions
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import asked
import floors
import passes

from im_notify.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

LOAD = Path(__file__).with_name("load.py")
CLIENTS = (1, 16, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    seconds: float = 3.0
    rounds: int = 3
    burst: int = 10_000
    singles: int = 300
    stored: int = 1_000_000
    turns: int = 200
    orders: int = 10_000
    accepted: int = 1_000_000


SMOKE = Size(
    seconds=0.2, rounds=1, burst=200, singles=5, stored=2000, turns=3, orders=60, accepted=2000
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure; `aim` says what it should be, in words."""

    what: str
    value: float
    unit: str
    aim: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server that takes one kind of request; `start` runs it in an empty folder."""

    start: Callable[[Path], AbstractContextManager[int]]
    request: Path


def accept(folder: Path, size: Size) -> Iterator[Row]:
    """Load each server alone, in turns with the others, and keep the best of its rounds."""
    targets = _targets(folder)
    for clients in CLIENTS:
        best: dict[str, dict[str, float]] = {}
        for _turn in range(size.rounds):
            for name, target in targets.items():
                found = _loaded(target, clients, size.seconds)
                if name not in best or found["rate"] > best[name]["rate"]:
                    best[name] = found
        yield from _compared(best, clients)


def _targets(folder: Path) -> dict[str, Target]:
    alert, device = asked.alert(folder), asked.device(folder)
    quiet = partial(_relay, provider=floors.QUIET)
    targets = {
        "load itself": Target(start=lambda _inside: floors.echo(), request=device),
        "alert, bare route": Target(start=floors.bare, request=alert),
        "alert, relay": Target(start=quiet, request=alert),
        "alert, relay that sends": Target(start=_relay, request=alert),
        "alert, relay with storm control": Target(start=partial(_relay, storm=True), request=alert),
        "device, bare route": Target(start=floors.bare, request=device),
        "device, relay": Target(start=quiet, request=device),
        "device, relay that sends": Target(start=_relay, request=device),
    }
    if floors.has_kannel():
        request = asked.kannel(folder)
        targets["device, kannel that sends"] = Target(start=floors.kannel, request=request)
    return targets


@contextlib.contextmanager
def _relay(folder: Path, *, provider: str = "", storm: bool = False) -> Iterator[int]:
    """Run a relay with a provider of its own, whose list of orders is empty."""
    with (
        Sandbox() as sandbox,
        floors.relay(folder, sandbox, provider=provider, storm=storm) as (port, _process),
    ):
        yield port


def _loaded(target: Target, clients: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as inside, target.start(Path(inside)) as port:
        load(port, target.request, clients=clients, seconds=seconds / 4, start=50_000_000)
        return load(port, target.request, clients=clients, seconds=seconds)


def _compared(best: dict[str, dict[str, float]], clients: int) -> Iterator[Row]:
    for name, found in best.items():
        what = f"{name}, {clients} clients"
        yield Row(what=what, value=found["rate"], unit="/s")
        yield Row(what=f"{what}, p50", value=found["p50"], unit="ms")
        aim = "< 20" if clients == 16 and "relay" in name else ""
        yield Row(what=f"{what}, p99", value=found["p99"], unit="ms", aim=aim)
        if found["refused"]:
            yield Row(what=f"{what}, refused", value=found["refused"], unit="", aim="0")
    for door, aim in (("alert", ">= 0.5"), ("device", ">= 0.8")):
        floor = best[f"{door}, bare route"]["rate"]
        for name in (one for one in best if one.startswith(f"{door}, relay")):
            what = f"{name} / bare route, {clients} clients"
            shown = aim if clients == CLIENTS[-1] else ""
            yield Row(what=what, value=best[name]["rate"] / floor, unit="", aim=shown)


def burst(folder: Path, size: Size) -> Iterator[Row]:
    """Post alerts from 64 clients as fast as they are taken."""
    with Sandbox() as sandbox, floors.relay(folder, sandbox) as (port, _process):
        found = load(port, asked.alert(folder), clients=64, count=size.burst)
    yield Row(
        what=f"burst of {size.burst} alerts, refused", value=found["refused"], unit="", aim="0"
    )
    yield Row(what="burst, rate", value=found["rate"], unit="/s")
    yield Row(what="burst, p99", value=found["p99"], unit="ms")


def latency(folder: Path, size: Size) -> Iterator[Row]:
    """Time one alert after the other on an idle relay until the provider is asked to place it."""
    arrived: list[float] = []
    waits, answers = [], []
    request = asked.alert(folder).read_bytes()
    with (
        Sandbox(placed=lambda _order: arrived.append(time.monotonic())) as sandbox,
        floors.relay(folder, sandbox) as (port, _process),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for number in range(size.singles):
            time.sleep(0.05)
            start = time.monotonic()
            _post_raw(connection, request, number)
            answers.append(time.monotonic() - start)
            _wait(arrived, number + 1)
            waits.append(arrived[-1] - start)
    p99 = sorted(waits)[len(waits) * 99 // 100]
    yield Row(what="idle, alert to answer, p50", value=1000 * statistics.median(answers), unit="ms")
    what = "idle, alert to provider's order"
    yield Row(what=f"{what}, p50", value=1000 * statistics.median(waits), unit="ms", aim="< 20")
    yield Row(what=f"{what}, p99", value=1000 * p99, unit="ms")


def costs(folder: Path, size: Size) -> Iterator[Row]:
    """Compare an empty store with a full one."""
    outstanding = size.stored // 10
    found = passes.costs(folder, stored=size.stored, outstanding=outstanding, repeat=size.turns)
    for name, (empty, full) in found.items():
        yield Row(what=f"{name}, empty store", value=empty, unit="us")
        what = f"{name}, {size.stored} stored, {outstanding} outstanding"
        yield Row(what=what, value=full, unit="us")
        yield Row(what=f"{name}, full / empty", value=full / empty, unit="", aim="<= 1.3")


def calls(folder: Path, size: Size) -> Iterator[Row]:
    """Count questions to the provider until every order is confirmed."""
    seconds = size.orders / passes.RATE + 60
    found = passes.confirming(folder, orders=size.orders, delivery_seconds=seconds)
    yield Row(what="outstanding orders at most", value=found.peak, unit="")
    each = found.calls / found.orders
    yield Row(what="calls for a confirmed order", value=each, unit="", aim="<= 0.5")


def memory(folder: Path, size: Size) -> Iterator[Row]:
    """Read the relay's memory while it accepts, ten times on the way."""
    step, lot = size.accepted // 10, 100
    with Sandbox() as sandbox, floors.relay(folder, sandbox) as (port, process):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        yield Row(what="memory, nothing accepted", value=_memory(process), unit="MiB")
        for done in range(0, size.accepted, step):
            for first in range(done, done + step, lot):
                name = _post_lot(connection, first, lot)
                _read_back(connection, name)
            what = f"memory, {done + step} accepted and {(done + step) // lot} read"
            yield Row(what=what, value=_memory(process), unit="MiB")


def load(port: int, request: Path, **options: float) -> dict[str, float]:
    """Run the load in a process of its own and return its figures."""
    told = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, str(LOAD), str(port), str(request), *told]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(found.stdout)
    return figures


def _post_raw(connection: http.client.HTTPConnection, request: bytes, number: int) -> None:
    body = request.partition(b"\r\n\r\n")[2].replace(asked.NUMBER.encode(), b"%08d" % number)
    headers = {"Authorization": f"Bearer {floors.TOKEN}"}
    connection.request("POST", "/hook/alertmanager", body, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200


def _post_lot(connection: http.client.HTTPConnection, first: int, lot: int) -> str:
    """Post many messages in one request and return the id of the first."""
    messages = [{"text": f"message {first + n}", "to": [f"53{first + n:08d}"]} for n in range(lot)]
    headers = {"Authorization": f"Bearer {floors.TOKEN}"}
    connection.request("POST", "/messages", json.dumps(messages), headers)
    answer = connection.getresponse()
    found: dict[str, list[str]] = json.loads(answer.read())
    return found["ids"][0]


def _read_back(connection: http.client.HTTPConnection, name: str) -> None:
    headers = {"Authorization": f"Bearer {floors.TOKEN}"}
    connection.request("GET", f"/v1/messages/{name}", headers=headers)
    answer = connection.getresponse()
    assert json.loads(answer.read())["id"] == name


def _memory(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _wait(arrived: Sequence[float], count: int) -> None:
    give_up = time.monotonic() + 10
    while len(arrived) < count:
        assert time.monotonic() < give_up, "the provider was not asked"
        time.sleep(0.0005)


MEASURES: dict[str, Callable[[Path, Size], Iterator[Row]]] = {
    one.__name__: one for one in (accept, burst, latency, costs, calls, memory)
}


def main(argv: Sequence[str]) -> None:
    """Run the measurements and print a table, or JSON when all are done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", choices=MEASURES, action="append")
    args = parser.parse_args(argv)
    rows = []
    for name in args.only or MEASURES:
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder:
            for row in MEASURES[name](Path(folder), SMOKE if args.smoke else Size()):
                rows.append(asdict(row))
                if not args.json:
                    print(f"{row.what:<64} {row.value:>10.2f} {row.unit:<4} {row.aim}", flush=True)
    if args.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
