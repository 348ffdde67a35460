from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request

COMMAND = "import sys; from im_notify.sandbox import Settings, run; run(0, Settings(), sys.stdout)"


def test_the_command_prints_examples_that_work_then_orders_until_interrupted() -> None:
    """The printed GET places an order, which is told in a line, and an interrupt ends it well."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", COMMAND],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Ledger:"):
            lines.append(process.stdout.readline().strip())
        curl = next(line for line in lines if line.startswith("curl '"))
        with urllib.request.urlopen(curl.split("'")[1], timeout=5) as answer:  # noqa: S310  # printed
            body = answer.read()
        process.stdout.readline()
        told = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=5)

    assert b"<code>200</code>" in body
    assert "order 312891001 by get from 'APITEST' to 5301234567, iys=0: 'disk full on db1'" in told
    assert (process.returncode, rest, errors) == (0, "sandbox closed\n", "")
    names = [line.split("=")[0].split()[1] for line in lines if line.startswith("export")]
    assert names == ["IM_NOTIFY_BASE_URL", "IM_NOTIFY_KEY", "IM_NOTIFY_HASH"]


def test_machines_get_one_json_object_a_line() -> None:
    """First where and with what to send, then each order."""
    command = COMMAND.replace("sys.stdout)", "sys.stdout, as_json=True)")
    with subprocess.Popen(
        [sys.executable, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        at = json.loads(process.stdout.readline())
        query = f"key={at['key']}&hash={at['hash']}&text=x&receipents=5301234567"
        url = f"{at['base_url']}send-sms/get/?{query}&sender=APITEST&iys=0"
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  # loopback
        told = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest, _errors = process.communicate(timeout=5)

    assert (told["order_id"], told["numbers"], told["texts"]) == (
        "312891001",
        ["5301234567"],
        ["x"],
    )
    assert rest == ""
