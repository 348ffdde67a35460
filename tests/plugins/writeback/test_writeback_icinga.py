from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from im_notify.errors import AlertError, ImNotifyError
from im_notify.relay_config import WriteBackConfig
from im_notify.secret import Secret
from im_notify_plugins.writeback import im_notify_write_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.protocols import Outcome
    from tests.plugins.writeback.conftest import Place

    Make = Callable[..., Outcome]
    Tell = Callable[[Outcome], object]


@pytest.fixture
def tell(place: Place) -> Tell:
    """Give what tells the place an outcome."""
    target = WriteBackConfig(
        name="ici", kind="icinga", url=place.url, user="root", token=Secret("pa55")
    )
    return lambda outcome: im_notify_write_back(target, outcome)


def test_a_comment_is_added_to_service_and_host(place: Place, tell: Tell, outcome: Make) -> None:
    """Each once; an alert without labels is about the host that is its object."""
    disk = {"host": "db1", "service": 'disk" || true'}

    assert tell(outcome(disk, disk, {"host": "web"}, {})) is True

    assert {one.path for one in place.asked} == {"/v1/actions/add-comment"}
    assert {one.headers["Authorization"] for one in place.asked} == {"Basic cm9vdDpwYTU1"}
    assert {one.headers["Accept"] for one in place.asked} == {"application/json"}
    assert place.asked[0].body == {
        "type": "Service",
        "service": 'db1!disk" || true',
        "author": "im-notify",
        "comment": "SMS teslim edildi: 90530*****67 12:03:14 (#0a1b2c3d4e5f)",
    }
    hosts = [(one.body["type"], one.body["host"]) for one in place.asked[1:]]
    assert hosts == [("Host", "web"), ("Host", "db1")]


def test_an_object_that_is_not_there_is_not_tried_again(
    place: Place, tell: Tell, outcome: Make
) -> None:
    """It has been removed since; the others are commented on all the same."""
    place.answers = [(404, b'{"error":404,"status":"No objects found."}'), (200, b"{}")]

    with pytest.raises(AlertError, match="ici does not know 1 of 2 objects"):
        tell(outcome({"host": "db1"}, {"host": "web"}))

    assert len(place.asked) == 2


def test_an_alert_about_no_host_is_not_told(place: Place, tell: Tell, outcome: Make) -> None:
    """There is nothing to comment on."""
    with pytest.raises(AlertError, match="no alert names a host"):
        tell(outcome())

    assert place.asked == []


def test_another_failure_is_tried_again(place: Place, tell: Tell, outcome: Make) -> None:
    """Such as wrong credentials, which somebody may correct."""
    place.answers = [(401, b"Unauthorized")]

    with pytest.raises(ImNotifyError) as failed:
        tell(outcome({"host": "db1"}))

    assert not isinstance(failed.value, AlertError)


def test_the_address_may_name_the_version(place: Place, outcome: Make) -> None:
    """As the documentation of the API writes it."""
    target = WriteBackConfig(
        name="ici", kind="icinga", url=f"{place.url}/v1/", user="u", token=Secret("x")
    )

    im_notify_write_back(target, outcome({"host": "db1"}))

    assert place.asked[0].path == "/v1/actions/add-comment"
