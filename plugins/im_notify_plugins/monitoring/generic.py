"""One source for everything that tells an alert in a few fields, led by rules.

A list is several alerts. CloudEvents come in both modes: the headers `ce-*` of the binary one are
read as the attributes of the structured one.

Where nothing names the problem, but its state is known and so is its object, source rules that
have `check` make a name of what does not change until it ends: the id of the event, else the object
and its check, else the object and the words of the summary without those that tell a state. Limits:

- An end in wholly other words (`timeout`, then `200 OK`) finds no beginning and is not texted.
- Two problems of an object that differ in words of state or measured values alone (`disk error`,
  `disk failed 5%`) are one, and so are two of one check.
- A sender whose ids name events and not problems hides that a problem ended, as it always did.

Rules for `episode` in the map of a hook do better than all that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.errors import AlertError
from im_notify_plugins.monitoring import sniff
from im_notify_plugins.monitoring.moments import moment
from im_notify_plugins.monitoring.readings import bounded, digest, labels_of, text
from im_notify_plugins.monitoring.rules import listed, read
from im_notify_plugins.monitoring.words import lasting, severity_of, state_of, unled, untagged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from im_notify.protocols import Request
    from im_notify_plugins.monitoring.rules import Rules

_MONITOR = frozenset({"trigger", "severity"})  #: what its lines tell
_ATTRIBUTE = "ce-"  #: of a binary CloudEvent: HTTP protocol binding, clause 3.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Generic:
    """Reads by `rules`; `zone` is for times that have none."""

    name: str
    rules: Rules
    zone: tzinfo | None = None

    def parse(self, request: Request) -> list[Alert]:
        """Return what the rules find, nothing for what they ignore. Raises AlertError."""
        records = [_event(_unlisted(one)) for one in _records(request, name=self.name)]
        found = [one for one in records if self._is_alert(one)]
        if not found:
            raise sniff.misread(self.name)
        heard = [one for one in found if not self._is_ignored(one)]
        return [self._alert(one) for one in heard]

    def _is_alert(self, record: Mapping[str, object]) -> bool:
        rules = self.rules
        return any(read(rule, record) for rule in (rules.summary, rules.episode, rules.event))

    def _is_ignored(self, record: Mapping[str, object]) -> bool:
        return read(self.rules.state, record).lower() in listed(self.rules.ignored)

    def _alert(self, record: Mapping[str, object]) -> Alert:
        rules, state = self.rules, _state(self.rules, record)
        shown = _object(rules, record)
        summary = unled(untagged(read(rules.summary, record)), shown)
        episode, once = _named(rules, record, state=state, shown=shown, summary=summary)
        return Alert(
            source=self.name,
            episode=bounded(episode),
            state=state or AlertState.FIRING,
            severity=_severity(rules, record),
            object=shown,
            summary=summary or shown or self.name,
            started_at=moment(read(rules.started, record), self.zone),
            labels=_labels(rules, record),
            group=bounded(read(rules.group, record)),
            once=once,
        )


def _records(request: Request, *, name: str) -> Iterable[dict[str, object]]:
    attributes: dict[str, object] = {
        header.removeprefix(_ATTRIBUTE): unquote(value)
        for header, value in request.headers.items()
        if header.startswith(_ATTRIBUTE)
    }
    if not attributes:
        return sniff.records(request, name=name)
    try:
        return [{**attributes, "data": sniff.record(request, name=name)}]
    except AlertError:  # an event whose data is no object is one all the same
        return [attributes]


def _event(record: Mapping[str, object]) -> Mapping[str, object]:
    """Part the type of a CloudEvent, `com.example.disk.firing`, into its stem and last word.

    `place` is the end of its source, whose parts go from the general to the particular.
    """
    if "specversion" not in record:
        return record
    stem, _dot, word = text(record.get("type")).rpartition(".")
    known = state_of(word) is not None
    place = text(record.get("source")).rstrip("/").rpartition("/")[2]
    return {**record, "type_stem": stem, "type_word": word if known else "", "place": place}


def _unlisted(record: Mapping[str, object]) -> Mapping[str, object]:
    """Part what OpenSearch alerting, and so Wazuh 5, posts unless told otherwise.

    That is a sentence in plain text and lines such as `- Severity: 1` below it.
    """
    first, *lines = str(record.get("text", "")).split("\n- ")
    parted = (line.partition(":") for line in lines)
    fields = {name.strip().lower(): value.strip() for name, _colon, value in parted}
    return {**fields, **record, "text": first} if fields.keys() >= _MONITOR else record


def _state(rules: Rules, record: Mapping[str, object]) -> AlertState | None:
    word = read(rules.state, record)
    if word.lower() in listed(rules.resolved):
        return AlertState.RESOLVED
    if word.lower() in listed(rules.acknowledged):
        return AlertState.ACKNOWLEDGED
    return state_of(word)


def _is_event(rules: Rules, record: Mapping[str, object], state: AlertState | None) -> bool:
    words = listed(rules.once)
    if "?" in words and state is None:
        return True
    return "*" in words or read(rules.state, record).lower() in words


def _named(
    rules: Rules,
    record: Mapping[str, object],
    *,
    state: AlertState | None,
    shown: str,
    summary: str,
) -> tuple[str, bool]:
    """Return the episode, and whether it is an event whose end may not find it."""
    event, problem = read(rules.event, record), read(rules.episode, record)
    if _is_event(rules, record, state):
        return event or digest(record), True
    if problem or not (rules.check and state and (event or shown)):
        return problem or event or digest(record), not problem
    if event:
        return event, state is AlertState.FIRING
    return _made_of(read(rules.check, record), summary, shown, state=state)


def _made_of(check: str, summary: str, shown: str, /, *, state: AlertState) -> tuple[str, bool]:
    """Name a problem by what it is about.

    One that the words of its summary name stays `once` while it fires: told anew after ten minutes
    and not hours, since its end may have been told in other words, and found nothing.
    """
    known = set(lasting(shown))
    parts = ([word for word in lasting(said) if word not in known] for said in (check, summary))
    named, told = parts
    if named:
        return f"{shown} {' '.join(named)}", False
    return f"{shown} {digest(told)}" if told else shown, state is AlertState.FIRING


def _object(rules: Rules, record: Mapping[str, object]) -> str:
    """Take the host out of a scope of Datadog: `host:db1,env:prod`."""
    shown = read(rules.object, record)
    return shown.removeprefix("host:").partition(",")[0] if shown.startswith("host:") else shown


def _severity(rules: Rules, record: Mapping[str, object]) -> Severity:
    word = read(rules.severity, record)
    own = {Severity.CRITICAL: rules.critical, Severity.WARNING: rules.warning}
    own[Severity.INFO] = rules.info
    chosen = (level for level, words in own.items() if word.lower() in listed(words))
    return next(chosen, None) or severity_of(word) or Severity.WARNING


def _labels(rules: Rules, record: Mapping[str, object]) -> dict[str, str]:
    paths = [path.strip() for path in rules.labels.split(",") if path.strip()]
    return labels_of({path.rpartition(".")[2]: read(path, record) for path in paths})
