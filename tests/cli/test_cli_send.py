"""`im-notify send`, `cancel`, `check`, `parts`: what users and scripts see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.exits import Exit, exit_of
from im_notify.models import Status
from im_notify.testing import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Ran, Shell

AS = ("--sender", "APITEST", "--iys", "0")


def orders(ran: Ran) -> list[dict[str, Any]]:
    """Return what --json printed: one object on one line."""
    assert ran.out.count("\n") == 1
    found: list[dict[str, Any]] = json.loads(ran.out)["orders"]
    return found


@pytest.mark.parametrize("backend", ["json", "get"])
def test_a_message_leaves_with_explicit_iys(shell: Shell, backend: str) -> None:
    """Whatever the way, the order says iys=0 and no list."""
    ran = shell("send", "--to", "0530 123 45 67", *AS, "--backend", backend, "Disk dolu ş & +")

    placed = shell.sandbox.ledger[0]
    assert ran.code == 0
    assert placed.order_id in ran.out
    assert (placed.channel, placed.iys, placed.iys_list) == (backend, "0", None)
    assert (placed.text, placed.numbers) == ("Disk dolu ş & +", ("5301234567",))


@pytest.mark.parametrize("iys", ["BIREYSEL", "TACIR"])
@pytest.mark.parametrize("backend", ["json", "get"])
def test_commercial_messages_name_their_list(shell: Shell, backend: str, iys: str) -> None:
    """--iys BIREYSEL is iys=1 with that list."""
    shell(
        "send", "--to", "5301234567", "--sender", "APITEST", "--iys", iys, "--backend", backend, "x"
    )

    placed = shell.sandbox.ledger[0]
    assert (placed.iys, placed.iys_list) == ("1", iys)


ENDINGS = {
    "5301234567": (Status.DELIVERED, Exit.OK),
    "5301234597": (Status.UNDELIVERED, Exit.UNDELIVERED),
    "5301234598": (Status.WAITING, Exit.PENDING),
    "5301234596": (Status.MISSING, Exit.UNDELIVERED),
}


@pytest.mark.parametrize("number", ENDINGS)
@pytest.mark.parametrize("backend", ["json", "get"])
def test_confirm_says_per_recipient_whether_it_arrived(
    shell: Shell, backend: str, number: str
) -> None:
    """The state is in the JSON, and the exit code says it too."""
    status, code = ENDINGS[number]

    ran = shell(
        "send", "--to", number, *AS, "--backend", backend, "--confirm", "60s", "--json", "x"
    )

    (order,) = orders(ran)
    assert order["order_id"] == shell.sandbox.ledger[0].order_id
    assert order["recipients"] == [{"number": f"+90{number}", "state": status}]
    assert order["state"] == status
    assert ran.code == code


def test_one_undelivered_recipient_is_no_success(shell: Shell) -> None:
    """The provider's 114 with an undelivered recipient ends with exit code 3."""
    ran = shell("send", "--to", "5301234567,5301234597", *AS, "--confirm", "30s", "x")

    assert ran.code == Exit.UNDELIVERED
    assert "5301234567\tdelivered" in ran.out
    assert "5301234597\tundelivered" in ran.out


def test_without_confirm_accepted_is_all_that_is_said(shell: Shell) -> None:
    """Exit code 0, and the recipients are waiting, not delivered."""
    ran = shell("send", "--to", "5301234597", *AS, "--json", "x")

    assert ran.code == 0
    assert orders(ran)[0]["recipients"] == [{"number": "+905301234597", "state": "waiting"}]


def test_confirm_stops_when_its_time_is_over(shell: Shell) -> None:
    """A phone that is off costs no more than the time that was given."""
    before = shell.clock.monotonic()

    shell("send", "--to", "5301234598", *AS, "--confirm", "45s", "x")

    assert shell.clock.monotonic() - before == pytest.approx(45)


def test_a_scheduled_order_is_scheduled_and_can_be_cancelled(shell: Shell) -> None:
    """The time is sent without seconds, in Türkiye's zone; report and cancel know the order."""
    sent = shell("send", "--to", "5301234567", *AS, "--at", "2026-12-01 09:00", "--json", "x")
    order_id = orders(sent)[0]["order_id"]

    assert orders(sent)[0]["state"] == "scheduled"
    assert b'"sendDateTime":"01/12/2026 09:00"' in shell.sandbox.requests[0].body
    assert shell("report", order_id).code == Exit.PENDING
    assert shell("cancel", order_id).code == 0
    assert shell.sandbox.ledger[0].cancelled
    again = shell("cancel", order_id)
    assert again.code == Exit.REFUSED
    assert order_id in again.err


def test_the_same_text_twice_is_refused_with_the_reason(shell: Shell) -> None:
    """451 is a refusal that says what to do."""
    shell("send", "--to", "5301234567", *AS, "x")

    ran = shell("send", "--to", "5301234567", *AS, "--json", "x")

    assert ran.code == Exit.REFUSED
    assert orders(ran)[0]["state"] == "refused"
    assert orders(ran)[0]["error"]["code"] == 451
    assert len(shell.sandbox.ledger) == 1


@pytest.mark.parametrize(
    ("fault", "when", "code", "state", "placed"),
    [
        ("reset", "before", Exit.UNKNOWN, "unknown", 0),
        ("reset", "after", Exit.UNKNOWN, "unknown", 1),
        ("junk", "after", Exit.UNKNOWN, "unknown", 1),
        ("truncated", "after", Exit.UNKNOWN, "unknown", 1),
        ("503", "before", Exit.UNKNOWN, "unknown", 0),
    ],
)
def test_an_unknown_outcome_is_not_repeated(
    shell: Shell, fault: Any, when: Any, code: Exit, state: str, placed: int
) -> None:
    """One request, exit code 6, and a text that says it may have been sent."""
    shell.sandbox.fault(fault, when=when)

    ran = shell("send", "--to", "5301234567", *AS, "--json", "x")

    assert ran.code == code
    assert orders(ran)[0]["state"] == state
    assert (shell.requests, len(shell.sandbox.ledger)) == (1, placed)


def test_many_recipients_are_several_orders_each_with_its_receipt(shell: Shell) -> None:
    """2,500 recipients at 1,000 an order are three orders."""
    shell.environ["IM_NOTIFY_RATE"] = "50000"
    numbers = [f"53{number:08d}" for number in range(2500)]

    ran = shell("send", "--to", ",".join(numbers), *AS, "--json", "x")

    found = orders(ran)
    assert [len(order["recipients"]) for order in found] == [1000, 1000, 500]
    assert len({order["order_id"] for order in found}) == 3


def test_what_follows_a_failed_order_is_not_tried_and_said(shell: Shell) -> None:
    """The second of three orders is refused: the third is reported as unsent."""
    shell.environ |= {"IM_NOTIFY_MAX_RECIPIENTS": "1"}
    numbers = "5301234567,5301234599,5301234568"  # the second is on the account's block list

    ran = shell("send", "--to", numbers, *AS, "--json", "x")

    assert [order["state"] for order in orders(ran)] == ["waiting", "refused", "unsent"]
    assert ran.code == Exit.REFUSED
    assert len(shell.sandbox.ledger) == 1


def test_contacts_and_groups_are_recipients(shell: Shell, tmp_path: Path) -> None:
    """--to takes names of the configuration, sender and iys come from it too."""
    path = tmp_path / "im.toml"
    path.write_text(
        "[provider]\nsender = 'APITEST'\niys = '0'\n"
        "[contacts.ayse]\nnumbers = ['0530 123 45 67']\n"
        "[contacts.can]\nnumbers = ['5301234568']\n[groups]\nnight = ['ayse', 'can']\n",
        "utf-8",
    )

    shell("send", "--config", str(path), "--to", "night,5301234569", "x")

    assert shell.sandbox.ledger[0].numbers == ("5301234567", "5301234568", "5301234569")


def test_the_text_may_come_from_standard_input(shell: Shell) -> None:
    """`-` reads it, without the line end; an empty one is refused."""
    shell.stdin = "from a pipe\n"
    assert shell("send", "--to", "5301234567", *AS, "-").code == 0

    shell.stdin = ""
    assert shell("send", "--to", "5301234567", *AS, "-").code == Exit.USAGE

    assert [placed.text for placed in shell.sandbox.ledger] == ["from a pipe"]


def test_texts_are_transliterated_and_fitted_when_asked(shell: Shell) -> None:
    """--transliterate --fit 1 gives one part without Turkish letters."""
    shell("send", "--to", "5301234567", *AS, "--transliterate", "--fit", "1", "şişli " * 40)

    text = shell.sandbox.ledger[0].text
    assert len(text) <= 155
    assert text.startswith("sisli sisli")


def test_check_names_the_three_causes_of_a_401(shell: Shell) -> None:
    """Wrong key or hash, API access off, fixed IP address: they look the same on the wire."""
    shell.environ["IM_NOTIFY_HASH"] = "0" * 64

    ran = shell("check")

    assert ran.code == Exit.REFUSED
    for cause in ("key or hash", "Allow API access", "fixed IP"):
        assert cause in ran.err


def test_check_shows_the_account_and_the_sender(shell: Shell) -> None:
    """An approved sender is fine; another case of it is named as the mistake it is."""
    good = shell("check", "--sender", "APITEST")
    bad = shell("check", "--sender", "apitest")
    unknown = shell("check", "--sender", "OTHER", "--json")

    assert good.code == 0
    assert "'eMarka Test'" in good.out
    assert (bad.code, unknown.code) == (Exit.REFUSED, Exit.REFUSED)
    assert "'APITEST'" in bad.err
    assert json.loads(unknown.out)["sender_approved"] is False


def test_parts_shows_what_a_text_costs_and_why(shell: Shell) -> None:
    """Encoding, parts, and the characters that force UCS-2."""
    ran = shell("parts", "durum 🔴 kötü")
    found = json.loads(shell("parts", "--json", "şişli").out)

    assert "ucs-2" in ran.out
    assert "U+1F534" in ran.out
    assert "estimate" in ran.out
    assert (found["encoding"], found["parts"], found["remaining"]) == ("gsm-7-turkish", 1, 145)


def test_every_status_has_an_exit_code() -> None:
    """The table is whole, and only delivered is success."""
    assert [status for status in Status if exit_of(status) is Exit.OK] == [Status.DELIVERED]


class Impatient(FakeClock):
    """Somebody presses Ctrl-C when there is something to wait for."""

    def sleep(self, seconds: float) -> None:
        """Be interrupted."""
        if seconds > 0:
            raise KeyboardInterrupt


def test_an_interrupted_wait_still_says_what_was_placed(shell: Shell) -> None:
    """Ctrl-C while it waits for the report: exit code 130, and the order id is there."""
    shell.clock = Impatient()

    ran = shell("send", "--to", "5301234567", *AS, "--confirm", "60s", "--json", "x")

    assert ran.code == 130
    assert orders(ran)[0]["order_id"] == shell.sandbox.ledger[0].order_id


def test_without_a_plugin_that_confirms_the_order_is_still_said(shell: Shell) -> None:
    """The order is placed: it is told, with the reason why its delivery is not."""
    shell.environ["IM_NOTIFY_PLUGINS_BLOCK"] = "confirm"

    ran = shell("send", "--to", "5301234567", *AS, "--confirm", "60s", "--json", "x")

    assert orders(ran)[0]["state"] == "waiting"
    assert ran.code == Exit.PENDING
    assert "no plugin confirms" in ran.err
