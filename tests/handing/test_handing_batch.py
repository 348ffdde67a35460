from __future__ import annotations

import json
from typing import Any

import pytest

from im_notify.alerts import Alert, AlertState
from im_notify.errors import AlertError
from im_notify.handing.batch import Batch, new_key, read, written

ALERT = Alert(source="x", episode="1", state=AlertState.FIRING, summary="şarj \udcff")
BATCH = Batch(key="k", to=("oncall",), alerts=(ALERT,))


def test_a_batch_comes_back_from_json() -> None:
    """Also with bytes of an environment that were no text."""
    assert read(written(BATCH)) == BATCH


def test_keys_differ() -> None:
    """Each call has one of its own."""
    assert new_key() != new_key()


@pytest.mark.parametrize(
    "changes",
    [
        {"key": ""},
        {"key": 7},
        {"key": "x" * 101},
        {"key": "a\nb"},
        {"to": "oncall"},
        {"to": [7]},
        {"alerts": []},
        {"alerts": [{}] * 1001},
        {"alerts": [{}]},
        {"alerts": {}},
    ],
    ids=lambda one: str(one)[:20],
)
def test_what_is_no_batch_is_refused(changes: dict[str, Any]) -> None:
    """All or nothing, and nothing of it is repeated."""
    said = json.loads(written(BATCH)) | changes

    with pytest.raises(AlertError):
        read(json.dumps(said).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"[" * 100_000], ids=range(5))
def test_what_is_no_json_is_refused(body: bytes) -> None:
    """Whatever it is."""
    with pytest.raises(AlertError):
        read(body)
