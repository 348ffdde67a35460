"""`im-notify report` and `reports`: lines, CSV, JSON, long ones, ranges."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from im_notify.app import App
from im_notify.cli import run
from im_notify.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

AS = ("--sender", "APITEST", "--iys", "0")


def place(shell: Shell, numbers: str, text: str = "x") -> str:
    """Send and return the order id."""
    shell("send", "--to", numbers, *AS, text)
    return shell.sandbox.ledger[-1].order_id


def test_a_report_has_a_line_for_each_recipient_and_a_sum(shell: Shell) -> None:
    """Numbers are international, the last line counts."""
    order_id = place(shell, "5301234567,5301234597,5301234598")
    shell.clock.advance(5)

    ran = shell("report", order_id)

    assert "+905301234567  delivered" in ran.out
    assert ran.out.splitlines()[-1] == f"order {order_id}: 1 delivered, 1 undelivered, 1 waiting"
    assert ran.code == Exit.PENDING


def test_report_json_is_the_shape_of_send(shell: Shell) -> None:
    """One object with orders, their state and their recipients."""
    order_id = place(shell, "5301234567,5301234597")
    shell.clock.advance(5)

    (order,) = json.loads(shell("report", order_id, "--json").out)["orders"]

    assert order["order_id"] == order_id
    assert order["state"] == "undelivered"
    assert order["recipients"] == [
        {"number": "+905301234567", "state": "delivered"},
        {"number": "+905301234597", "state": "undelivered"},
    ]


def test_watch_ends_when_every_recipient_is_known(shell: Shell) -> None:
    """Right after sending all wait; the watch ends with the last one."""
    order_id = place(shell, "5301234567,5301234597")

    ran = shell("report", order_id, "--watch")

    assert ran.code == Exit.UNDELIVERED
    assert shell.clock.monotonic() < 10


def test_watch_gives_up_at_the_configured_end(shell: Shell, tmp_path: Path) -> None:
    """[confirm] end bounds the watch; the answer is then: not known yet."""
    path = tmp_path / "im.toml"
    path.write_text("[confirm]\nend = '10m'\n", "utf-8")
    order_id = place(shell, "5301234598")
    start = shell.clock.monotonic()

    ran = shell("report", order_id, "--watch", "--config", str(path))

    assert ran.code == Exit.PENDING
    assert shell.clock.monotonic() - start == pytest.approx(600)


def test_an_export_of_many_pages_is_whole(shell: Shell, tmp_path: Path) -> None:
    """Three pages are 2,345 lines, each once."""
    shell.environ |= {"IM_NOTIFY_MAX_RECIPIENTS": "50000"}
    numbers = [f"53{number:07d}0" for number in range(2345)]
    order_id = place(shell, ",".join(numbers))
    path = tmp_path / "report.csv"

    ran = shell("report", order_id, "--csv", str(path))

    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["number"] for row in rows] == [f"+90{number}" for number in numbers]
    assert sum(request.path.endswith("get-report/json") for request in shell.sandbox.requests) == 3
    assert ran.out == ""


def test_csv_goes_to_stdout_for_a_dash(shell: Shell) -> None:
    """`--csv -` is for pipes: the table on stdout, the talk on stderr."""
    order_id = place(shell, "5301234567")

    ran = shell("report", order_id, "--csv", "-")

    assert ran.out == "number,state\n+905301234567,waiting\n"
    assert order_id in ran.err


def test_reports_sums_up_by_day_over_any_range(shell: Shell) -> None:
    """A month is asked for in ten-day windows; the chart has a bar a day."""
    place(shell, "5301234567,5301234597", "first")
    shell.clock.advance(25 * 86400)
    place(shell, "5301234567", "second")
    shell.clock.advance(60)

    ran = shell("reports", "--since", "30d")

    assert ran.code == 0
    assert [line[:10] for line in ran.out.splitlines()[:2]] == ["2026-11-21", "2026-12-16"]
    assert "2 orders, 3 messages: 2 delivered, 1 undelivered" in ran.out
    assert "delivery rate 66.7 %" in ran.out
    calls = [one for one in shell.sandbox.requests if one.path.endswith("get-reports/json")]
    assert len(calls) == 4


def test_reports_json_counts_and_lists(shell: Shell) -> None:
    """It has count and orders, with zoned times; --until limits the range."""
    for number in range(65):
        place(shell, "5301234567", f"text {number}")

    ran = shell("reports", "--since", "2026-11-20", "--until", "2026-11-21", "--json")

    found = json.loads(ran.out)
    assert found["count"] == len(found["orders"]) == 65
    assert found["orders"][0]["submitted_at"] == "2026-11-21T12:00:00+03:00"
    assert json.loads(shell("reports", "--since", "1d", "--until", "2026-11-20", "--json").out) == {
        "count": 0,
        "orders": [],
    }


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_people_at_a_terminal_see_a_bar_by_recipients(shell: Shell) -> None:
    """While one of two phones is open, the bar says so on stderr; stdout has the table."""
    order_id = place(shell, "5301234567,5301234598")
    out, err = io.StringIO(), _Terminal()
    app = App(environ=shell.environ | {"TERM": "xterm"}, clock=shell.clock, stdout=out, stderr=err)

    run(("report", order_id, "--watch"), app)

    assert order_id in err.getvalue()
    assert "1/2" in err.getvalue()
    assert "+905301234567  delivered" in out.getvalue()
