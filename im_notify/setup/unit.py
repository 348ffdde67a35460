"""Writes the unit for systemd: what the relay needs, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.relay_values import to_listen
from im_notify.setup.places import USER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from im_notify.setup.answers import Answers
    from im_notify.setup.places import Places

_FIRST_FREE_PORT = 1024  # below it a port needs a capability
# longer than what is under way is given (20 s), what is on its way to the provider included
_STOP = 90
_FILES = 20_000  # 10,000 connections that stay open, their clients' requests and the outbox
_HOMES = ("/home/", "/root/")

# What a user's own systemd can grant as well: none of it needs a namespace. RestrictSUIDSGID= is
# not among it, since the spool is a folder whose files take its group.
_EVERYWHERE = """\
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictRealtime=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
"""
_SYSTEM = """\
ProtectSystem=strict
ProtectHome={home}
PrivateMounts=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateIPC=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=yes
"""
_SMALL_PORT = """\
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
"""
_NO_CAPABILITIES = """\
PrivateUsers=yes
AmbientCapabilities=
CapabilityBoundingSet=
"""


def unit(answers: Answers, places: Places, program: Sequence[str]) -> str:
    """Return the unit; `program` is how im-notify is started, from an absolute path."""
    start = " ".join(map(_escaped, [*program, "serve", "--config", str(places.config)]))
    service = _of_system(answers, places, program) if answers.system else ""
    return f"""\
[Unit]
Description=im-notify, alerts by SMS that know whether they arrived
Wants=network-online.target time-sync.target
After=network-online.target time-sync.target

[Service]
Type=exec
ExecStart={start}
ExecReload=/bin/kill -HUP $MAINPID
TimeoutStopSec={_STOP}
LimitNOFILE={_FILES}
Restart=on-failure
RestartSec=5
{service}
{_EVERYWHERE}
[Install]
WantedBy={"multi-user" if answers.system else "default"}.target
"""


def _of_system(answers: Answers, places: Places, program: Sequence[str]) -> str:
    """Return the account, its folders, the credentials that only root can read, and the walls."""
    in_home = any(word.startswith(_HOMES) for word in (*program, str(places.config)))
    listen = to_listen(answers.listen)
    small = not listen.path and 0 < listen.port < _FIRST_FREE_PORT
    credentials = "".join(
        f"LoadCredential={name}:{_escaped(str(path))}\n"
        f"Environment=IM_NOTIFY_{name.upper()}_FILE=%d/{name}\n"
        for name, path in (("key", places.key), ("hash", places.hash))
    )
    return f"""
User={USER}
Group={USER}
StateDirectory=im-notify
StateDirectoryMode=0750
RuntimeDirectory=im-notify
RuntimeDirectoryMode=0755
{credentials}
{_SYSTEM.format(home="read-only" if in_home else "yes")}{
        _SMALL_PORT if small else _NO_CAPABILITIES
    }"""


def _escaped(word: str) -> str:
    """Write a word of a command line as systemd.syntax(7) and systemd.unit(5) read it."""
    plain = word.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$").replace('"', '\\"')
    return f'"{plain}"' if any(map(str.isspace, plain)) else plain
