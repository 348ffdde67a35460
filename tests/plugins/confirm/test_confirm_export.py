from __future__ import annotations

import csv
import io

from im_notify.app import App
from im_notify.models import OrderState, Status
from im_notify.reports import Delivery, Report
from im_notify_plugins.confirm.export import Tally, write_csv


def test_no_cell_of_a_report_is_computed() -> None:
    """A spreadsheet takes a number that came in as text; the plus of a phone number stays."""
    numbers = ("5301234567", "=1+1", "@x", "-2", "\tx")
    rows = tuple(Delivery(number, Status.DELIVERED) for number in numbers)
    report = Report(order_id="1", state=OrderState.COMPLETED, deliveries=rows)
    app = App(environ={}, stdout=io.StringIO(), stderr=io.StringIO())

    write_csv("-", [report], app=app, tally=Tally())

    assert isinstance(app.stdout, io.StringIO)
    _head, *cells = csv.reader(io.StringIO(app.stdout.getvalue()))
    assert [number for number, _state in cells] == [
        "+905301234567",
        "'+90=1+1",
        "'+90@x",
        "'+90-2",
        "'+90\tx",
    ]
