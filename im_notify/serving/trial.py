"""`im-notify serve --sandbox`: relay and imitated provider with a ready configuration."""

from __future__ import annotations

import logging
import os
import secrets
import shlex
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from im_notify.exits import Exit
from im_notify.i18n import _, wanted
from im_notify.relay_config import zone_of
from im_notify.sandbox import Sandbox, Settings
from im_notify.server.app import build
from im_notify.server.run import open_socket, server
from im_notify.server.signals import ended_by_signals
from im_notify.serving import logs
from im_notify.serving.assembly import assemble
from im_notify.serving.following import Follower, following, has_colours
from im_notify.serving.local import local_door

if TYPE_CHECKING:
    from collections.abc import Iterator

    from im_notify.app import App
    from im_notify.serving.assembly import Relay

PORT = 8025
HOOKS = ("alertmanager", "grafana", "zabbix", "uptimekuma", "prtg")
_PRTG = "&".join(
    f"{name}=%{name}" for name in ("device", "sensor", "sensorid", "status", "message", "since")
)


@dataclass(frozen=True, slots=True)
class _Trial:
    """What the lines to paste are made of."""

    port: int
    token: str
    folder: Path

    @property
    def at(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"


def trial(app: App, *, port: int | None) -> int:
    """Run until it is interrupted; everything is forgotten afterwards."""
    with tempfile.TemporaryDirectory(prefix="im-notify-") as folder, Sandbox(Settings()) as sandbox:
        one = _Trial(PORT if port is None else port, secrets.token_hex(8), Path(folder))
        one.config.touch(mode=0o600)
        one.config.write_text(_configuration(one), "utf-8")
        environ = {
            **{name: value for name, value in os.environ.items() if "IM_NOTIFY_" not in name},
            "IM_NOTIFY_BASE_URL": sandbox.base_url,
            "IM_NOTIFY_KEY": sandbox.settings.key,
            "IM_NOTIFY_HASH": sandbox.settings.hash,
        }
        inside = replace(app, environ=environ, config_path=str(one.config))
        with _troubles_told(inside), _assembled(inside) as relay:
            _serve(app, relay, one)
    return Exit.OK


@contextmanager
def _troubles_told(app: App) -> Iterator[None]:
    """Log to stderr, except for what happens to messages, which is printed anyway."""
    quiet = {"im_notify.relay": logging.WARNING, "im_notify.relay.noticing": logging.CRITICAL}
    with logs.opened(app.stderr, app.config):
        for name, level in quiet.items():
            logging.getLogger(name).setLevel(level)
        try:
            yield
        finally:
            for name in quiet:
                logging.getLogger(name).setLevel(logging.NOTSET)


@contextmanager
def _assembled(app: App) -> Iterator[Relay]:
    relay = assemble(app)
    try:
        yield relay
    finally:
        relay.close()


def _serve(app: App, relay: Relay, one: _Trial) -> None:
    """Listen before the lines are printed, so that whoever is quick with them is answered."""
    web = server(build(relay.services))
    follower = Follower(
        app=app,
        database=relay.database,
        zone=zone_of(relay.config),
        colours=has_colours(app),
    )
    with ExitStack() as stack:
        opened = stack.enter_context(open_socket(relay.config.listen))
        stack.enter_context(local_door(relay))
        stack.enter_context(ended_by_signals(web.stop))
        relay.start()
        bound = replace(one, port=opened.getsockname()[1])
        app.print(_welcome(bound))
        app.stdout.flush()
        stack.enter_context(following(follower))
        web.run(sockets=[opened])


def _configuration(one: _Trial) -> str:
    hooks = "".join(f'[hooks.{name}]\ntoken = "{one.token}"\nto = ["oncall"]\n' for name in HOOKS)
    language = "tr" if wanted(os.environ).startswith("tr") else "en"
    return f"""\
[provider]
sender = "APITEST"
iys = "0"
[contacts.oncall]
numbers = ["5301234567"]
[contacts.away]
numbers = ["5301234597"]
fallback = [{{ after = "10s", to = "oncall" }}]
{hooks}\
[devices.lobby]
token = "{one.token}"
to = ["oncall"]
[relay]
listen = "127.0.0.1:{one.port}"
database = "sqlite:///{one.folder}/outbox.db"
api_token = "{one.token}"
to = ["oncall"]
language = "{language}"
"""


def _welcome(one: _Trial) -> str:
    text = _("""\
The relay listens at {at}. Its provider is imitated: no SMS is sent, nothing leaves this machine.
Its configuration, to copy from: {config}

To paste into what sends alerts:

Alertmanager    receivers:
                  - name: sms
                    webhook_configs: [{{url: '{at}/hook/alertmanager?token={token}'}}]
Grafana         contact point, webhook:   {at}/hook/grafana?token={token}
Uptime Kuma     notification, webhook:    {at}/hook/uptimekuma?token={token}
Zabbix          media type in examples/zabbix, with the macros
                  {{$IM_NOTIFY.URL}}        {at}/hook/zabbix
                  {{$IM_NOTIFY.TOKEN}}      {token}
PRTG            execute HTTP action:      {at}/hook/prtg?token={token}
                  postdata                {prtg}
Nagios          {nagios}
a device        {at}/v1/send-sms/get/?key={token}&text=TEXT&receipents=5301234567

To try in another terminal: a text of your own, an alert, and, once that is delivered, its end

curl -H 'Authorization: Bearer {token}' -d '{{"text": "disk full", "to": ["oncall"]}}' {at}/messages
{firing}
{resolved}

Storm control is on, as it will be: the first alert goes at once, what follows within 30 seconds is
held and becomes one text. The same alert again makes no second SMS. …/hook/alertmanager/away is a
phone that is switched off: after 10 s its fallback is told. Ctrl-C ends it and forgets everything.
""")
    return text.format(
        at=one.at,
        config=one.config,
        token=one.token,
        prtg=_PRTG,
        nagios=_nagios(one),
        firing=_curl(one, "firing"),
        resolved=_curl(one, "resolved"),
    )


def _curl(one: _Trial, status: str) -> str:
    alert = (
        f'{{"status": "{status}", "labels": {{"alertname": "DiskFull", "instance": "db1",'
        ' "severity": "critical"}, "annotations": {"summary": "disk 95 % full"}}'
    )
    url = f"{one.at}/hook/alertmanager?token={one.token}"
    return f"""curl -d '{{"version": "4", "alerts": [{alert}]}}' '{url}'"""


def _nagios(one: _Trial) -> str:
    """Return the command of a service's notifications; macros go into single quotes."""
    macros = {
        "type": "NOTIFICATIONTYPE",
        "host": "HOSTNAME",
        "service": "SERVICEDESC",
        "state": "SERVICESTATE",
        "output": "SERVICEOUTPUT",
    }
    options = " ".join(f"--{name}='${macro}$'" for name, macro in macros.items())
    start = f"im-notify alert --source nagios --config {shlex.quote(str(one.config))}"
    return f"command_line {start} {options}"
