"""The requests that the load sends, each a file; `@@@@@@@@` becomes the number of the request."""

from __future__ import annotations

import json
from pathlib import Path

from floors import TOKEN

PAYLOAD = Path(__file__).parents[1] / "fixtures/payloads/alertmanager-0.25-firing-single.json"
NUMBER = "@" * 8


def alert(folder: Path) -> Path:
    """Write a request of Alertmanager in which every alert and group is another."""
    body = json.loads(PAYLOAD.read_text())["json"]
    (one,) = body["alerts"]
    one["fingerprint"] = f"419f6ca1{NUMBER}"
    body["groupKey"] = f'{{}}:{{alertname="DiskFull", instance="db{NUMBER}"}}'
    for labels in (one["labels"], body["commonLabels"]):
        labels["instance"] = f"db{NUMBER}.example.com:9100"
    content = json.dumps(body, ensure_ascii=False)
    head = _head("POST /hook/alertmanager", "Alertmanager/0.25.0")
    return _written(
        folder / "alert",
        f"{head}Content-Length: {len(content.encode())}\r\n"
        f"Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n\r\n{content}",
    )


def device(folder: Path) -> Path:
    """Write the GET of a device with a text of its own to a number of its own."""
    query = f"key={TOKEN}&hash=0&text=door+{NUMBER}+open&receipents=53{NUMBER}&sender=APITEST"
    return _written(folder / "device", _head(f"GET /v1/send-sms/get/?{query}", "device/1") + "\r\n")


def kannel(folder: Path) -> Path:
    """Write the same as kannel has it."""
    query = f"username=bench&password=bench&text=door+{NUMBER}+open&to=53{NUMBER}"
    return _written(folder / "kannel", _head(f"GET /cgi-bin/sendsms?{query}", "device/1") + "\r\n")


def _head(line: str, agent: str) -> str:
    return f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {agent}\r\n"


def _written(path: Path, request: str) -> Path:
    path.write_text(request, "utf-8", newline="")
    return path
