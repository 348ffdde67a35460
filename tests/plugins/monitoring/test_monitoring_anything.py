"""Whatever is posted: alerts that can be told, or AlertError, in a bounded time."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from im_notify.alerts import Alert
from im_notify.errors import AlertError
from im_notify.protocols import Request
from im_notify_plugins.monitoring.every import sources
from im_notify_plugins.monitoring.sniff import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Mapping

KNOWN = {source.name: source for source in sources()}
LIMIT = 1_000_000  #: bytes of a body
WORDS = st.sampled_from(
    [
        "alerts",
        "labels",
        "annotations",
        "status",
        "state",
        "heartbeat",
        "monitor",
        "msg",
        "text",
        "message",
        "summary",
        "event_id",
        "event_name",
        "event_tags",
        "event_date",
        "event_time",
        "sensorid",
        "sensor",
        "name",
        "title",
        "event",
        "id",
        "type",
        "alert",
        "action",
        "check",
        "code",
        "commonLabels",
        "groupLabels",
        "fingerprint",
        "startsAt",
        "truncatedAlerts",
        "orgId",
        "ruleName",
        "result",
        "sid",
        "rule",
        "level",
        "description",
        "data",
        "specversion",
        "source",
        "subject",
        "time",
        "alertType",
        "monitorID",
        "tags",
        "payload",
        "firing",
        "resolved",
        "ok",
        "0",
        "1",
        "2",
        "{EVENT.ID}",
        "0001-01-01T00:00:00Z",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(), inner),
    max_leaves=25,
)
NAMES = st.sampled_from(["content-type", "ce-id", "ce-type", "ce-specversion", "ce-source"])
HEADERS = st.dictionaries(NAMES, st.text() | st.just("application/x-www-form-urlencoded"))


def told(body: bytes, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
    """Post it to every source and check whatever comes out."""
    request = Request(method="POST", query=query, headers=headers, body=body)
    for name, source in KNOWN.items():
        try:
            alerts = list(source.parse(request))
        except AlertError:
            continue
        for alert in alerts:
            check(alert, name)


def check(alert: object, name: str) -> None:
    """Hold what the outbox and the wording rely on."""
    assert isinstance(alert, Alert)
    assert alert.source == name
    assert 0 < len(alert.episode) <= 100
    assert alert.summary.strip()
    assert alert.started_at is None or alert.started_at.tzinfo is not None
    words = [alert.episode, alert.object, alert.summary, alert.group]
    labels = [*alert.labels, *alert.labels.values()]
    for word in [*words, *labels]:
        assert isinstance(word, str)
        assert word.isprintable()
        assert len(word.encode()) <= 4000


SLOW = settings(deadline=None)  # time is what the last test is about


@SLOW
@given(JSON, st.dictionaries(WORDS | st.text(), st.text() | WORDS), HEADERS)
def test_any_json_is_told_or_refused(
    value: object, query: dict[str, str], headers: dict[str, str]
) -> None:
    """Of any nesting, with the names that are looked for in any place."""
    told(json.dumps(value).encode(), query, headers)


@SLOW
@given(st.dictionaries(WORDS, JSON, min_size=1), st.booleans())
def test_any_object_is_told_or_refused(value: dict[str, object], is_listed: bool) -> None:  # noqa: FBT001
    """An object, or a group with it, gets further than other JSON does."""
    told(json.dumps({"alerts": [value, value]} if is_listed else value).encode(), {}, {})


@SLOW
@given(st.binary() | st.text().map(str.encode), HEADERS)
def test_any_bytes_are_told_or_refused(body: bytes, headers: dict[str, str]) -> None:
    """In any encoding, or in none."""
    told(body, {}, headers)


@settings(SLOW, max_examples=50)
@given(st.lists(st.tuples(WORDS, st.text() | JSON.map(json.dumps)), max_size=5))
def test_any_form_is_told_or_refused(fields: list[tuple[str, str]]) -> None:
    """With boundaries, with JSON in its values."""
    parts = (f'name="{name}"\r\n\r\n{value}\r\n' for name, value in fields)
    body = "--abc\r\n" + "--abc\r\n".join(parts) + "--abc--"

    told(body.encode(errors="replace"), {}, {})


def _filled(start: str, middle: str, end: str = "") -> bytes:
    count = (LIMIT - len(start) - len(end)) // len(middle)
    return (start + middle * count + end).encode()


LARGE = {
    "lists in lists": _filled("", "["),
    "objects in objects": _filled("", '{"a":'),
    "closed lists in lists": b"[" * 900 + b"]" * 900,
    "one long text": _filled('{"text":"', "{{", '"}'),
    "one long macro": _filled('{"text":"', "{A", '"}'),
    "dollars": _filled('{"text":"', "$A", '"}'),
    "brackets": _filled('{"msg":"', "[a] ", '"}'),
    "a long number": _filled("", "9"),
    "a long number in an alert": _filled('{"event_id":', "9", "}"),
    "spaces": _filled('{"summary":"', " ", 'x"}'),
    "empty alerts": _filled('{"alerts":[{}', ",{}", "]}"),
    "empty alerts of a group": _filled(
        '{"commonLabels":' + json.dumps({f"l{n}": "x" * 200 for n in range(60)}) + ',"alerts":[{}',
        ",{}",
        "]}",
    ),
    "many alerts": _filled('{"alerts":[{}', ',{"labels":{"a":"b"}}', "]}"),
    "many labels": _filled('{"alerts":[{"labels":{"a":"b"', ',"aaa":"b"', "}}]}"),
    "a long list": _filled('[{"text":"a"}', ',{"text":"a"}', "]"),
    "tags": _filled('{"event_id":"1","event_tags":"[1', ",1", ']"}'),
    "a form": _filled("", "a=b&"),
    "a form of one": _filled("text=", "%25"),
    "equals": _filled("", "="),
    "boundaries": _filled("--a\r\n", "--a\r\n"),
    "short boundaries": _filled("---\r\n", "---"),
    "names": _filled("--a\r\n--a", 'name="'),
    "nulls": _filled("", "\0"),
    "emoji": _filled('{"text":"', "🔥", '"}'),
    "lines": _filled("", "a\n"),
}


QUERY = {f"q{n}": "[" * 300 for n in range(50)}
ATTRIBUTES = {f"ce-{n}": "x" * 300 for n in range(50)}


@pytest.mark.parametrize("body", LARGE.values(), ids=LARGE)
def test_a_body_at_its_limit_takes_a_bounded_time(body: bytes) -> None:
    """No shape of a body makes reading it much more than linear, nor what stands around it."""
    start = time.process_time()

    told(body[:LIMIT], QUERY, {})

    assert (time.process_time() - start) / len(KNOWN) < 1


@pytest.mark.parametrize("shape", ["empty alerts", "a long list", "objects in objects"])
def test_attributes_are_not_repeated_in_each_object(shape: str) -> None:
    """A binary event is one event, however many its body holds."""
    start = time.process_time()

    told(LARGE[shape][:LIMIT], QUERY, ATTRIBUTES)

    assert (time.process_time() - start) / len(KNOWN) < 1


@pytest.mark.parametrize(("levels", "is_read"), [(MAX_DEPTH, True), (MAX_DEPTH + 1, False)])
def test_json_may_be_nested_so_deep_and_no_deeper(levels: int, is_read: bool) -> None:  # noqa: FBT001  a row of the table
    """What is read later recurses."""
    body = f'{{"title": "disk full", "x": {"[" * (levels - 1)}1{"]" * (levels - 1)}}}'.encode()
    request = Request(method="POST", query={}, headers={}, body=body)

    if is_read:
        assert list(KNOWN["generic"].parse(request))
    else:
        with pytest.raises(AlertError):
            list(KNOWN["generic"].parse(request))
