"""The dashboard and the alert rules ask for figures that a relay has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from im_notify.models import Status
from im_notify.outbox.figures import Figures
from im_notify.relay.metering import Meter
from im_notify.server.metrics import Metrics
from im_notify.testing import FakeClock

FOLDER = Path(__file__).parents[1] / "examples" / "monitoring"
NAME = re.compile(r"\b(?:im_notify|process)_[a-z_]+\b(?!\.)")
SELECTOR = re.compile(r"\b(im_notify_[a-z_]+)\{([^}]*)\}")
GROUPED = re.compile(r"by \(([^)]*)\)")
OF_THE_SCRAPE = {"job", "instance"}


@pytest.fixture(scope="module")
def labels() -> dict[str, set[str]]:
    """The labels of every figure by its name, after everything has happened once."""
    registry = CollectorRegistry()
    metrics, meter = Metrics(registry), Meter(registry, FakeClock())
    metrics.accepted("a", 1, seconds=1)
    metrics.refused("token")
    metrics.text(Figures(states={"queued": 1}, held={"gather": 1}))
    meter.placed("a", 1, waited=1)
    meter.ended("a", Status.DELIVERED, waited=1)
    meter.asked("send", 1, 200)
    meter.dropped("cap", 1)
    samples = [sample for family in registry.collect() for sample in family.samples]
    return {sample.name: set(sample.labels) for sample in samples}


def dashboard() -> Any:
    """The dashboard as it is imported."""
    return json.loads((FOLDER / "grafana-dashboard.json").read_text("utf-8"))


def expressions() -> list[str]:
    """What the dashboard and the rules ask."""
    asked = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    rules = (FOLDER / "prometheus-rules.yaml").read_text("utf-8")
    found = re.findall(r"^ +expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)", rules, re.MULTILINE)
    return asked + [block or line for block, line in found]


@pytest.mark.parametrize("expression", expressions())
def test_every_figure_exists(expression: str, labels: dict[str, set[str]]) -> None:
    """With the labels that it is chosen and summed by."""
    names = NAME.findall(expression)
    known = {label for name in names for label in labels[name]} | OF_THE_SCRAPE

    grouped = {one.strip() for group in GROUPED.findall(expression) for one in group.split(",")}
    assert names or 'up{job="im-notify"}' in expression
    assert grouped <= known
    for name, selector in SELECTOR.findall(expression):
        used = set(re.findall(r"(\w+)\s*[=!]~?", selector))
        assert used <= labels[name] | OF_THE_SCRAPE


def test_every_figure_of_ours_is_shown(labels: dict[str, set[str]]) -> None:
    """On the dashboard, apart from what stands for the same."""
    shown = {name for one in expressions() for name in NAME.findall(one)}
    same = re.compile(r"_(created|count|sum)$")

    ours = {name for name in labels if name.startswith("im_notify") and not same.search(name)}
    assert ours - shown == set()


def test_the_dashboard_can_be_imported() -> None:
    """It asks for a data source, and no two panels share a place or a number."""
    found = dashboard()

    panels = found["panels"]
    places = {(one["gridPos"]["x"], one["gridPos"]["y"]) for one in panels}
    assert len(places) == len(panels) == len({one["id"] for one in panels})
    assert all(one["datasource"]["uid"] == "${datasource}" for one in panels)
    assert [one["name"] for one in found["templating"]["list"]] == ["datasource", "job"]


def test_the_rules_speak_of_what_operators_must_know() -> None:
    """Each with a summary and how grave it is."""
    rules = (FOLDER / "prometheus-rules.yaml").read_text("utf-8")

    names = re.findall(r"- alert: (\w+)", rules)
    assert set(names) == {
        *("ImNotifyDown", "ImNotifyPaused", "ImNotifyQueueOld", "ImNotifyUndelivered"),
        *("ImNotifyProviderFails", "ImNotifyCreditLow", "ImNotifyReportsLate"),
        *("ImNotifyStorm", "ImNotifyNotStored"),
    }
    assert len(re.findall(r"severity: (critical|warning)", rules)) == len(names)
    assert len(re.findall(r"summary: ", rules)) == len(names)
