"""Where a relay would listen is tried, and left as it was."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from im_notify.errors import ConfigError
from im_notify.relay_config import Listen
from im_notify.serving.listening import is_made_at_start, refuse_deaf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def listening(path: Path) -> Iterator[None]:
    """Listen at a socket, whose file stays."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as opened:
        opened.bind(str(path))
        opened.listen()
        yield


@pytest.mark.parametrize(
    "listen",
    [
        Listen(host="203.0.113.9", port=18027),  # RFC 5737: of no machine
        Listen(path="/nonexistent/dir/x.sock"),
        Listen(path=f"/run/{'x' * 120}"),
    ],
    ids=["address", "folder", "length"],
)
@pytest.mark.parametrize("running", [False, True])
def test_where_nobody_can_listen_is_refused(listen: Listen, *, running: bool) -> None:
    """Also while a relay runs: it would not start again."""
    with pytest.raises(ConfigError) as raised:
        refuse_deaf(listen, running=running)

    where = listen.path or f"{listen.host}:{listen.port}"
    assert str(raised.value).startswith(f"cannot listen at {where}: ")


def test_a_port_in_use_is_that_of_the_relay_or_refused() -> None:
    """The lock of its outbox says whether it runs."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = Listen(port=taken.getsockname()[1])

        refuse_deaf(listen, running=True)
        with pytest.raises(ConfigError, match="Address already in use"):
            refuse_deaf(listen, running=False)


def test_a_free_port_stays_free() -> None:
    """It can be listened at as soon as it was tried."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    refuse_deaf(Listen(port=port), running=False)

    socket.create_server(("127.0.0.1", port)).close()


def test_a_socket_in_use_is_left_to_its_owner(tmp_path: Path) -> None:
    """It answers afterwards as before, and nothing lies beside it."""
    path = tmp_path / "relay.sock"
    with listening(path):
        refuse_deaf(Listen(path=str(path)), running=True)
        with pytest.raises(ConfigError, match="Address already in use"):
            refuse_deaf(Listen(path=str(path)), running=False)

        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
            assert caller.connect_ex(str(path)) == 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_socket_that_nobody_answers_is_fine(tmp_path: Path) -> None:
    """The start takes it away, the check does not."""
    path = tmp_path / "relay.sock"
    with listening(path):
        pass

    refuse_deaf(Listen(path=str(path)), running=False)

    assert list(tmp_path.iterdir()) == [path]


def test_another_file_is_in_the_way(tmp_path: Path) -> None:
    """Nothing but a socket is taken away at the start."""
    path = tmp_path / "relay.sock"
    path.touch()

    with pytest.raises(ConfigError, match="Address already in use"):
        refuse_deaf(Listen(path=str(path)), running=False)


def test_a_free_path_stays_free(tmp_path: Path) -> None:
    """No file is left behind."""
    refuse_deaf(Listen(path=str(tmp_path / "relay.sock")), running=False)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/run/no-such-service/relay.sock", True),
        ("/run/relay.sock", False),
        ("/nonexistent/dir/relay.sock", False),
        ("/run/no-such-service/deeper/relay.sock", False),
    ],
)
def test_a_folder_of_a_service_is_missing_until_it_starts(path: str, *, expected: bool) -> None:
    """Systemd makes it below /run (RuntimeDirectory=, systemd.exec) and takes it away again."""
    assert is_made_at_start(path) is expected
