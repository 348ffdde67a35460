"""`im-notify serve --sandbox`: relay and imitated provider with a ready configuration."""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.sandbox import Sandbox, Settings
from im_notify.server.app import build
from im_notify.server.run import serve
from im_notify.serving.assembly import assemble

if TYPE_CHECKING:
    from im_notify.app import App
    from im_notify.models import Message
    from im_notify.reports import Report

PORT = 8025
HOOKS = ("alertmanager", "grafana", "zabbix", "uptimekuma", "prtg")


class Printer:
    """A plugin that prints a line for each change of state."""

    def __init__(self, app: App) -> None:
        """Print to the stdout of `app`."""
        self._app = app

    def report(self, report: Report, message: Message | None) -> None:
        """Print where each recipient of a message stands."""
        for row in report.deliveries:
            name = message.key if message else "?"
            self._app.print(f"{name}  {report.order_id}  {row.number}  {row.status}")
        self._app.stdout.flush()


def trial(app: App, *, port: int | None) -> int:
    """Run until it is interrupted; everything is forgotten afterwards."""
    at = PORT if port is None else port
    token = secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix="im-notify-") as folder, Sandbox(Settings()) as sandbox:
        path = Path(folder) / "config.toml"
        path.touch(mode=0o600)
        path.write_text(_configuration(folder, token, at), "utf-8")
        environ = {
            **{name: value for name, value in os.environ.items() if "IM_NOTIFY_" not in name},
            "IM_NOTIFY_BASE_URL": sandbox.base_url,
            "IM_NOTIFY_KEY": sandbox.settings.key,
            "IM_NOTIFY_HASH": sandbox.settings.hash,
        }
        inside = replace(app, environ=environ, config_path=str(path))
        inside.plugins.add(_plugin(Printer(app)), "trial")
        relay = assemble(inside)
        relay.start()
        try:
            app.print(_welcome(at, token, path))
            app.stdout.flush()
            serve(build(relay.services), relay.config.listen)
        finally:
            relay.close()
    return Exit.OK


def _plugin(printer: Printer) -> object:
    from im_notify.hookspecs import hookimpl

    class Trial:
        @staticmethod
        @hookimpl
        def im_notify_report(report: Report, message: Message | None) -> None:
            printer.report(report, message)

    return Trial


def _configuration(folder: str, token: str, port: int) -> str:
    hooks = "".join(f'[hooks.{name}]\ntoken = "{token}"\nto = ["oncall"]\n' for name in HOOKS)
    return f"""\
[provider]
sender = "APITEST"
iys = "0"
[contacts.oncall]
numbers = ["5301234567"]
{hooks}\
[devices.lobby]
token = "{token}"
[relay]
listen = "127.0.0.1:{port}"
database = "sqlite:///{folder}/outbox.db"
api_token = "{token}"
"""


def _welcome(port: int, token: str, path: Path) -> str:
    at = f"http://127.0.0.1:{port}"
    text = _("""\
The relay listens at {at}; its provider is imitated, nothing leaves this machine.
Its configuration, to copy from: {path}

Alertmanager     webhook_configs: [{{url: '{at}/hook/alertmanager?token={token}'}}]
Grafana          webhook contact point: {at}/hook/grafana?token={token}
Zabbix           POST to {at}/hook/zabbix?token={token}
PRTG             POST to {at}/hook/prtg?token={token}
Uptime Kuma      webhook: {at}/hook/uptimekuma?token={token}
a device         {at}/v1/send-sms/get/?key={token}&text=TEXT&receipents=5301234567

curl -H 'Authorization: Bearer {token}' -d '{{"text": "disk full", "to": ["oncall"]}}' {at}/messages
""")
    return text.format(at=at, token=token, path=path)
