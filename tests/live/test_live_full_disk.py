"""A disk that fills up: a real, small file system under the outbox of a real relay."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE = 2 * 1024 * 1024
HEADERS = {"Authorization": "Bearer api-token-of-the-tests"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = [
        "/usr/bin/mount",
        "-t",
        "tmpfs",
        "-o",
        f"size={SIZE},mode=0700",
        "tmpfs",
        str(folder),
    ]
    subprocess.run(command, check=True)
    yield folder
    subprocess.run(["/usr/bin/umount", "--lazy", str(folder)], check=True)


def taken(answer: requests.Response) -> requests.Response | None:
    """Return the answer if the message was stored."""
    return answer if answer.status_code == requests.codes.ok else None


def fill(path: Path) -> None:
    """Write a file until there is no room for more."""
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def test_a_full_disk_refuses_and_loses_nothing(
    small_disk: Path, start_relay: Any, provider: Any, wait_until: Any
) -> None:
    """503 with Retry-After while it is full; 200 again when there is room, without a restart."""
    relay = start_relay("", database=f"sqlite:///{small_disk}/outbox.db")
    ballast = small_disk / "ballast"

    def post(number: int) -> requests.Response:
        message = {"text": f"alarm {number} " + "x" * 100, "to": ["5301234567"]}
        return requests.post(f"{relay.url}/messages", json=message, headers=HEADERS, timeout=30)

    def state(name: str) -> str:
        url = f"{relay.url}/v1/messages/{name}"
        return str(requests.get(url, headers=HEADERS, timeout=30).json()["state"])

    first = post(0)
    wait_until(lambda: state(first.json()["ids"][0]) == "delivered")
    with pytest.raises(OSError, match="No space left"):
        fill(ballast)
    answers = [post(number) for number in range(1, 400)]
    refused = [one for one in answers if not taken(one)]
    ready_when_full = requests.get(f"{relay.url}/readyz", timeout=30).status_code
    ballast.unlink()
    afterwards = wait_until(lambda: taken(post(1000)))

    accepted = [*filter(taken, (first, *answers)), afterwards]
    names = [answer.json()["ids"][0] for answer in accepted]
    wait_until(lambda: all(state(name) == "delivered" for name in names))
    texts = [one["text"] for one in provider.ledger()]
    assert refused
    assert {(one.status_code, one.headers["Retry-After"]) for one in refused} == {(503, "5")}
    assert ready_when_full == requests.codes.service_unavailable
    assert len(texts) == len(set(texts))
    assert len(texts) == len(accepted)
    assert "make room on its disk" in relay.program.told()
