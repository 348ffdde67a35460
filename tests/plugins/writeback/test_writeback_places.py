from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from im_notify.errors import ConfigError, ImNotifyError
from im_notify.relay_config import WriteBackConfig
from im_notify.secret import Secret
from im_notify_plugins.writeback import im_notify_write_back

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from im_notify.protocols import Outcome
    from tests.plugins.writeback.conftest import Place

    Make = Callable[..., Outcome]


def target(url: str | None, **fields: str) -> WriteBackConfig:
    """Return a place of kind url with the token `pa55`."""
    return WriteBackConfig(name="tickets", kind="url", url=url, token=Secret("pa55"), **fields)


def test_a_kind_of_somebody_else_is_left_to_them(outcome: Make) -> None:
    """None, at start and later, so that another plugin is asked."""
    place = WriteBackConfig(name="x", kind="carrier pigeon")

    assert im_notify_write_back(place, None) is None
    assert im_notify_write_back(place, outcome()) is None


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("icinga", "url, user, token"),
        ("nagios", "command_file"),
        ("url", "url"),
        ("zabbix", "url, token"),
    ],
)
def test_a_place_that_lacks_a_setting_is_refused(kind: str, missing: str) -> None:
    """When the relay starts, with the names of all that is missing."""
    place = WriteBackConfig(name="x", kind=kind)

    with pytest.raises(ConfigError) as refused:
        im_notify_write_back(place, None)

    assert str(refused.value) == f"[write_back.x] kind {kind} needs {missing}"


def test_a_place_that_has_all_is_fine(place: Place) -> None:
    """It is not asked anything yet."""
    assert im_notify_write_back(target(place.url), None) is True
    assert place.asked == []


def test_an_outcome_is_posted_as_json(place: Place, outcome: Make) -> None:
    """To the very address, in the shape of our own API, with what the alerts said."""
    told = im_notify_write_back(target(f"{place.url}/a/b"), outcome({"event_id": "20"}))

    assert told is True
    (asked,) = place.asked
    assert (asked.path, asked.headers["Authorization"]) == ("/a/b", "Bearer pa55")
    assert asked.headers["Idempotency-Key"] == "0a1b2c3d4e5f-delivered"
    assert asked.body["alerts"][0]["labels"] == {"event_id": "20"}
    assert {key: value for key, value in asked.body.items() if key != "alerts"} == {
        "id": "0a1b2c3d4e5f",
        "state": "delivered",
        "ended_at": "2026-11-21T09:03:14+00:00",
        "text": "SMS teslim edildi: 90530*****67 12:03:14 (#0a1b2c3d4e5f)",
        "recipients": [{"number": "+905301234567", "state": "delivered"}],
    }


def test_a_user_makes_basic_credentials(place: Place, outcome: Make) -> None:
    """Base64 of `üser:pa55` in UTF-8."""
    im_notify_write_back(target(place.url, user="üser"), outcome({}))

    assert place.asked[0].headers["Authorization"] == "Basic w7xzZXI6cGE1NQ=="


def test_credentials_of_netrc_are_not_used(
    place: Place, outcome: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would take the place of ours."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))

    im_notify_write_back(target(place.url), outcome({}))

    assert place.asked[0].headers["Authorization"] == "Bearer pa55"


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 500, 503])
def test_anything_but_2xx_is_a_failure(place: Place, outcome: Make, status: int) -> None:
    """A redirect too: it could carry the token elsewhere. The error tells nothing secret."""
    place.answers, place.location = [(status, b"pa55")], f"{place.url}/elsewhere"

    with pytest.raises(ImNotifyError) as failed:
        im_notify_write_back(target(f"{place.url}/secret-path"), outcome({}))

    assert str(failed.value) == f"tickets answered HTTP {status}"
    assert len(place.asked) == 1


def test_a_place_that_is_not_there_is_a_failure(outcome: Make) -> None:
    """Said without the address, which may be a secret."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/secret-path"

    with pytest.raises(ImNotifyError) as failed:
        im_notify_write_back(target(url), outcome({}))

    assert str(failed.value) == "tickets could not be asked: ConnectionError"
    assert failed.value.__suppress_context__


def test_a_ca_file_that_is_not_there_is_a_failure(outcome: Make) -> None:
    """An OSError of requests."""
    place = target("https://127.0.0.1:1/", ca_file="/no/such/file.pem")

    with pytest.raises(ImNotifyError, match="could not be asked"):
        im_notify_write_back(place, outcome({}))
