"""Measures im-notify beside the floor and a peer in the same run; judges nothing.

python tests/bench/run.py             all of it, about two minutes
python tests/bench/run.py --smoke     the same code with few repetitions
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import requests
from servers import sandbox, stub

from im_notify.clock import SystemClock
from im_notify.config import Config, ProviderConfig
from im_notify.models import Consent, Message
from im_notify.plugins import Plugins
from im_notify.sandbox import EXAMPLE_HASH, EXAMPLE_KEY
from im_notify.secret import Secret
from im_notify.sending import Outcome, confirm
from im_notify_plugins import confirm as confirm_plugin
from im_notify_plugins.apprise import plugin_path
from im_notify_plugins.geturl.build import build_url
from im_notify_plugins.iletimerkezi.account import backends

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from im_notify_plugins.iletimerkezi.backends import ProviderBackend

BIN = Path(sys.executable).parent
BARE = """
import requests, sys
body = {"request": {"authentication": {"key": sys.argv[2], "hash": sys.argv[3]},
        "order": {"sender": "APITEST", "iys": "0", "message": {"text": sys.argv[4],
        "receipents": {"number": ["5301234567"]}}}}}
answer = requests.post(sys.argv[1] + "send-sms/json", json=body, timeout=(5, 30))
assert answer.json()["response"]["status"]["code"] == 200
"""


def cold_start(base: str, runs: int) -> None:
    """Time whole processes in turn, so that a drift of the machine meets them all."""
    environ = {**os.environ, "IM_NOTIFY_BASE_URL": base, "IM_NOTIFY_KEY": EXAMPLE_KEY}
    environ |= {"IM_NOTIFY_HASH": EXAMPLE_HASH, "IM_NOTIFY_CONFIG": os.devnull}
    service = f"iletimerkezi://{EXAMPLE_KEY}:{EXAMPLE_HASH}@APITEST/5301234567?iys=0"
    message = ["--to", "5301234567", "--sender", "APITEST", "--iys", "0"]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "requests.post": [sys.executable, "-c", BARE, base, EXAMPLE_KEY, EXAMPLE_HASH],
        "apprise": [str(BIN / "apprise"), "-P", plugin_path(), service, "-b"],
        "im-notify send": [str(BIN / "im-notify"), "send", *message],
        "im-notify url": [str(BIN / "im-notify"), "url", *message],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):  # the first one warms up
        for name, command in commands.items():
            text = [f"{name} {turn}"] if name != "python -c pass" else []
            start = time.perf_counter()
            subprocess.run([*command, *text], env=environ, check=True, capture_output=True)
            taken[name].append(time.perf_counter() - start)
    ms = {name: 1000 * statistics.median(times[1:]) for name, times in taken.items()}
    for name, value in ms.items():
        print(f"cold start   {name:<16} {value:7.1f} ms")
    send, url = ms["im-notify send"], ms["im-notify url"] - ms["python -c pass"]
    print(f"             send / apprise {send / ms['apprise']:.2f} (aim 0.5)")
    print(f"             send / requests.post {send / ms['requests.post']:.2f} (aim 1.6)")
    print(f"             url over python -c pass {url:.1f} ms (aim 60)")


def throughput(host: str, count: int) -> None:
    """Send `count` orders to a server that does nothing, in turns, without a rate limit."""
    from apprise import Apprise, AppriseAsset

    ways: dict[str, Callable[[str], object]] = {}
    session, base = requests.Session(), f"http://{host}/v1/"
    ways["requests.Session"] = lambda text: _bare_send(session, base, text)
    plugins, backend = Plugins(), _backend(base)
    ways["im-notify"] = lambda text: plugins.send(backend, _message(text))
    peer = Apprise(asset=AppriseAsset(async_mode=False))
    peer.add(f"json://{host}/")
    ways["apprise json://"] = lambda text: peer.notify(body=text)
    taken = dict.fromkeys(ways, 0.0)
    for turn in range(10):
        for name, send in ways.items():
            start = time.perf_counter()
            for number in range(count // 10):
                send(f"{name} {turn} {number}")
            taken[name] += time.perf_counter() - start
    rates = {name: count / seconds for name, seconds in taken.items()}
    for name, rate in rates.items():
        print(f"throughput   {name:<16} {rate:7.0f} messages/s")
    ours = rates["im-notify"]
    floor, peer_rate = ours / rates["requests.Session"], ours / rates["apprise json://"]
    print(f"             im-notify / requests.Session {floor:.2f} (aim 0.9)")
    print(f"             im-notify / apprise json:// {peer_rate:.1f} (aim 3)")


def long_report(base: str, recipients: int, repeat: int) -> None:
    """Read the report of one large order, and stream it in processes that tell their peak."""
    backend = _backend(base)
    receipt = backend.send(_message("a large order", recipients=recipients))
    order_id, pages = receipt.order_id, -(-recipients // 1000)
    session = requests.Session()
    bare, ours = [], []
    numbers = range(1, pages + 1)
    for _turn in range(repeat):
        bare.append(_timed(lambda: [_bare_page(session, base, order_id, n) for n in numbers]))
        ours.append(_timed(lambda: list(backend.report_pages(order_id))))
    floor, full = statistics.median(bare), statistics.median(ours)
    print(f"report       {recipients} recipients: requests + json.loads {floor:.3f} s, ", end="")
    print(f"im-notify {full:.3f} s, ratio {full / floor:.2f} (aim 1.3)")
    small = backend.send(_message("a smaller order", recipients=recipients // 10))
    peaks = [_streaming_peak(base, one.order_id) for one in (small, receipt)]
    print(f"             peak memory streaming {pages // 10} / {pages} pages: ", end="")
    print(f"{peaks[0]:.1f} / {peaks[1]:.1f} MiB")


def watching(base: str, orders: int) -> None:
    """Count the calls that it takes to confirm many orders of one recipient each."""
    calls = 0
    backend = _backend(base)
    transport = backend.client().transport

    def counting(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        return transport(*args, **kwargs)  # type: ignore[arg-type]  # handed through

    object.__setattr__(backend.client(), "transport", counting)
    outcomes = []
    for number in range(orders):
        message = _message(f"watched {number}")
        outcomes.append(Outcome(message=message, receipt=backend.send(message)))
    calls = 0
    plugins, clock = Plugins(), SystemClock()
    plugins.add(confirm_plugin, "confirm")
    until = clock.now() + timedelta(seconds=60)
    found = confirm(plugins, backend, outcomes, clock=clock, until=until)
    done = sum(report.final for report in found)
    print(
        f"confirming   {done} of {orders} orders with {calls} calls: {calls / orders:.2f} an order"
    )


def building(repeat: int) -> None:
    """Build one URL against `urlencode` of the same pairs."""
    text = "KRT db1 /var diski %95 dolu 06:32 & sürüyor"
    numbers = ("5301234567", "5301234570")
    pairs = {"key": EXAMPLE_KEY, "hash": EXAMPLE_HASH, "text": text}
    pairs |= {"receipents": ",".join(numbers), "sender": "APITEST", "iys": "0"}
    floor = min(_timed(lambda: [urlencode(pairs) for _n in range(repeat)]) for _turn in range(5))
    ours = min(
        _timed(
            lambda: [
                build_url(
                    key=EXAMPLE_KEY,
                    hash=EXAMPLE_HASH,
                    text=text,
                    recipients=numbers,
                    sender="APITEST",
                    consent=Consent.TRANSACTIONAL,
                )
                for _n in range(repeat)
            ]
        )
        for _turn in range(5)
    )
    micro = 1e6 / repeat
    print(f"build_url    {ours * micro:.1f} us, urlencode {floor * micro:.1f} us, ", end="")
    print(f"ratio {ours / floor:.2f} (aim 3)")


def _backend(base: str) -> ProviderBackend:
    provider = ProviderConfig(
        base_url=base, key=Secret(EXAMPLE_KEY), hash=Secret(EXAMPLE_HASH), rate=1e9
    )
    return backends(Config(provider=provider, environ={}))[0]


def _message(text: str, *, recipients: int = 1) -> Message:
    numbers = tuple(f"53{number:08d}" for number in range(recipients))
    return Message(text=text, recipients=numbers, sender="APITEST", consent=Consent.TRANSACTIONAL)


def _bare_send(session: requests.Session, base: str, text: str) -> None:
    order: dict[str, object] = {
        "sender": "APITEST",
        "iys": "0",
        "message": {"text": text, "receipents": {"number": ["5300000000"]}},
    }
    answer = session.post(base + "send-sms/json", json=_bare_body(order), timeout=(5, 30))
    assert answer.json()["response"]["status"]["code"] == 200, answer.text


def _bare_page(session: requests.Session, base: str, order_id: str, page: int) -> object:
    order: dict[str, object] = {"id": order_id, "page": str(page), "rowCount": "1000"}
    url = base + "get-report/json"
    return json.loads(session.post(url, json=_bare_body(order), timeout=(5, 30)).content)


def _bare_body(order: dict[str, object]) -> dict[str, object]:
    login = {"key": EXAMPLE_KEY, "hash": EXAMPLE_HASH}
    return {"request": {"authentication": login, "order": order}}


def _streaming_peak(base: str, order_id: str) -> float:
    command = [sys.executable, __file__, "--stream", base, order_id]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def stream(base: str, order_id: str) -> None:
    """Read a report page by page and print this process's peak memory in MiB."""
    for _page in _backend(base).report_pages(order_id):
        pass
    status = Path("/proc/self/status").read_text()  # getrusage would count the parent's too
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(argv: Sequence[str]) -> None:
    """Run all measurements, or the one child that measures memory."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--stream", nargs=2, metavar=("BASE", "ORDER"))
    args = parser.parse_args(argv)
    if args.stream:
        stream(*args.stream)
        return
    few = args.smoke
    with sandbox(8931) as base, stub(8932) as host:
        cold_start(base, runs=2 if few else 20)
        throughput(host, count=50 if few else 3000)
        long_report(base, recipients=2000 if few else 50_000, repeat=1 if few else 5)
        watching(base, orders=20 if few else 300)
    building(repeat=100 if few else 20_000)


if __name__ == "__main__":
    main(sys.argv[1:])
