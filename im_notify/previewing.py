"""What the relay would make of a payload, and why, without a relay, a database or a request.

As though nothing was told before: each problem that fires is new, and of each that ended the
message was delivered.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState
from im_notify.errors import AlertError, InvalidMessageError
from im_notify.i18n import _
from im_notify.text import Encoding, capacity, estimate
from im_notify.wording import read_templates
from im_notify.wording.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from im_notify.protocols import Request, Source
    from im_notify.relay_config import RelayConfig, StormConfig
    from im_notify.text import Estimate
    from im_notify.wording import Templates, Wording

_WIDEST = 7  # parts: what a text would be if it was not shortened
_HOUR, _MINUTE = 3600, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A message that would be made, with one line for each thing that made it so."""

    text: str
    size: Estimate
    alerts: tuple[Alert, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """At most one message, since a request becomes one, and each alert left out with a reason."""

    message: Foreseen | None
    left_out: tuple[tuple[Alert, str], ...]


def read_alerts(source: Source, request: Request, *, door: str) -> list[Alert]:
    """Return the alerts of a payload as the door `door` would pass them on.

    Raises InvalidMessageError when there are none to be read.
    """
    try:
        found = list(source.parse(request))
    except AlertError as error:
        raise InvalidMessageError(str(error)) from error
    except (RecursionError, UnicodeError):
        raise InvalidMessageError(_("this is nested too deeply, or is not text")) from None
    alerts = [replace(one, source=door) for one in found if isinstance(one, Alert)]
    if found and not alerts:
        raise InvalidMessageError(_("these are delivery reports: no text is made of them"))
    return alerts


def foresee(
    alerts: Sequence[Alert], relay: RelayConfig, wording: Wording, *, at: datetime
) -> Preview:
    """Say what would become of the alerts of one request. Raises ConfigError for a template."""
    last = {(one.source, one.episode): one for one in alerts}
    texted = [one for one in last.values() if not _kept_from(one, relay)]
    left = [(one, _("the same problem stands in it once more")) for one in _earlier(alerts, last)]
    left += [(one, reason) for one in last.values() if (reason := _kept_from(one, relay))]
    message = _message([_as_told(one, at) for one in texted], relay, wording, at=at)
    return Preview(message=message, left_out=tuple(left))


def _earlier(alerts: Sequence[Alert], last: dict[tuple[str, str], Alert]) -> Iterator[Alert]:
    return (one for one in alerts if last[one.source, one.episode] is not one)


def _kept_from(alert: Alert, relay: RelayConfig) -> str:
    """Return why an alert is not texted, nothing for one that is."""
    if alert.state is AlertState.ACKNOWLEDGED:
        return _("acknowledged: that ends its fallbacks and is not texted")
    if alert.state is AlertState.RESOLVED and relay.recovery == "never":
        return _("resolved: [relay] recovery is never")
    if alert.state is AlertState.RESOLVED and alert.once:
        return _("resolved: it names no problem, so its beginning cannot be found")
    return ""


def _as_told(alert: Alert, at: datetime) -> Alert:
    """Return an alert as the outbox hands it on when its problem begins for the first time."""
    return replace(alert, episode=f"{alert.episode}@1", started_at=alert.started_at or at)


def _message(
    alerts: Sequence[Alert], relay: RelayConfig, wording: Wording, *, at: datetime
) -> Foreseen | None:
    hooks = {hook.name: hook.template for hook in relay.hooks.values()}
    templates = read_templates(hooks, relay.template, wording)
    if not alerts:
        return None
    text = templates.word(alerts, wording, at=at)
    freely = replace(wording, parts=_WIDEST)
    why = (
        *_about_change(alerts, relay),
        *_about_words(alerts, templates, wording, at=at),
        *_about_length(text, templates.word(alerts, freely, at=at)),
        *_about_letters(
            text,
            templates.word(alerts, replace(freely, transliterate=False), at=at),
            wording,
        ),
        about_storm(relay.storm),
    )
    return Foreseen(text=text, size=estimate(text), alerts=tuple(alerts), why=why)


def _about_change(alerts: Sequence[Alert], relay: RelayConfig) -> Iterator[str]:
    counts = Counter(one.state for one in alerts)
    told = ", ".join(f"{state.value} {counts[state]}" for state in AlertState if counts[state])
    yield _("texted: {told}, less what was told before").format(told=told)
    if counts[AlertState.FIRING]:
        text = _("while it fires it is told again after {span}, not at each repetition")
        yield text.format(span=span(relay.repeat))
    if counts[AlertState.RESOLVED] and relay.recovery == "delivered":
        yield _("an end is texted only if the SMS about its problem was delivered")


def _about_words(
    alerts: Sequence[Alert], templates: Templates, wording: Wording, *, at: datetime
) -> Iterator[str]:
    template = templates.of(alerts)
    if template is None:
        yield _("worded by im-notify: there is no template")
    elif templates.worded(alerts, wording, at=at) is None:
        yield _("worded by im-notify: the template failed or says nothing")
    else:
        yield _("worded by the template")


def _about_length(text: str, full: str) -> Iterator[str]:
    if full == text:
        yield _("not shortened")
    else:
        what = _("shortened: in full it takes {parts} parts: {full}")
        yield what.format(parts=estimate(full).parts, full=full)


def _about_letters(text: str, raw: str, wording: Wording) -> Iterator[str]:
    told, size = estimate(raw), estimate(text)
    signs = sorted((*told.turkish, *told.forcing), key=raw.index)
    if wording.transliterate and signs:
        shown = ", ".join(f"{one} > {plain(one, cheap=True) or '-'}" for one in signs)
        what = _("{encoding} because of what was replaced: {signs}")
        yield what.format(encoding=size.encoding, signs=shown)
    elif size.encoding is Encoding.GSM:
        yield _("{encoding}: every character is in it").format(encoding=size.encoding)
    else:
        dear = " ".join(size.forcing or size.turkish)
        what = _("{encoding} because of {signs}: a first part holds {most} instead of {usual}")
        most, usual = capacity(size.encoding, 1), capacity(Encoding.GSM, 1)
        yield what.format(encoding=size.encoding, signs=dear, most=most, usual=usual)


def about_storm(storm: StormConfig) -> str:
    """Say what storm control would do if more came."""
    if not storm.enabled:
        return _("storm control is off: each change is a text of its own")
    text = _(
        "storm control: the first text goes at once, what follows within {gather} is one text,"
        " over {limits} a digest each {digest}"
    )
    limits = ", ".join(f"{one.texts}/{span(one.seconds)}" for one in storm.limits)
    return text.format(gather=span(storm.gather), limits=limits, digest=span(storm.digest))


def span(seconds: float) -> str:
    """Write a span of time as the configuration does: `90s`, `15m`, `4h`."""
    for unit, size in (("h", _HOUR), ("m", _MINUTE)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size:.0f}{unit}"
    return f"{seconds:g}s"


def shown(alert: Alert) -> str:
    """Return one line about an alert, whatever its text leaves out."""
    name = alert.object or alert.labels.get("alertname", "") or alert.source
    return f"{alert.state.value} {alert.severity.value} {plain(name, cheap=False)}"
