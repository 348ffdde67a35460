"""Texts worded by templates that people write, and by our own words wherever one fails."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from im_notify.alerts import AlertState
from im_notify.text import estimate, fit
from im_notify.wording.fields import left_out, object_name, summary
from im_notify.wording.lines import earliest, foremost, state_word, word
from im_notify.wording.moments import begun, short_id, time_of
from im_notify.wording.plain import plain, says_something
from im_notify.wording.sandboxed import compiled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from jinja2 import Template

    from im_notify.alerts import Alert
    from im_notify.wording.tables import Wording

LONGEST = 2_000  #: characters of a text; seven parts have 1,066
MOST = 100  #: alerts that a template sees; `count` is of all
_VALUE = 500  # characters of a field
_TEMPLATE = "<template>"  # how Jinja calls one that has no file

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert as a template sees it; `started_at` is local, `id` differs between episodes."""

    state: str
    severity: str
    word: str
    object: str
    summary: str = field(repr=False)
    labels: Mapping[str, str] = field(repr=False)
    started_at: datetime
    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates by the names of their hooks; `default` is for all other alerts."""

    by_hook: Mapping[str, Template] = field(default_factory=dict)
    default: Template | None = None

    def of(self, alerts: Sequence[Alert]) -> Template | None:
        """Return the template for these alerts; those of several hooks share the default."""
        sources = {alert.source for alert in alerts}
        alone = sources.pop() if len(sources) == 1 else ""
        return self.by_hook.get(alone, self.default)

    def word(self, alerts: Sequence[Alert], wording: Wording, *, at: datetime) -> str:
        """Return one text about at least one alert, and never fail: the alert must be told.

        What a template makes is brought into the parts allowed, with the short id in it, so that
        each episode has a text of its own.
        """
        return self.worded(alerts, wording, at=at) or word(alerts, wording, at=at)

    def worded(self, alerts: Sequence[Alert], wording: Wording, *, at: datetime) -> str | None:
        """Return what a template makes, None where there is none or it fails."""
        template = self.of(alerts)
        return None if template is None else _worded(template, alerts, wording, at=at)


def read_templates(
    hooks: Mapping[str, str | None], default: str | None, wording: Wording
) -> Templates:
    """Compile what the configuration holds. Raises ConfigError that names hook and line."""
    cheap = wording.transliterate
    return Templates(
        {
            name: compiled(text, where=f"[hooks.{name}] template", cheap=cheap)
            for name, text in hooks.items()
            if text is not None
        },
        None if default is None else compiled(default, where="[relay] template", cheap=cheap),
    )


def _worded(
    template: Template, alerts: Sequence[Alert], wording: Wording, *, at: datetime
) -> str | None:
    try:
        line = _line(template, alerts, wording, at=at)
        leading = foremost(alerts)[0]
        if leading.state is not AlertState.FIRING and line == _line(
            template, [_firing(one) for one in alerts], wording, at=at
        ):
            line = f"{state_word(leading, wording)} {line}"  # else the end reads as the beginning
    except Exception as error:  # noqa: BLE001  whatever is wrong with it, the alert must be told
        _warn(error, alerts)
        return None
    if not says_something(line):
        _log.warning("the template for %s says nothing: our own words are sent", alerts[0].source)
        return None
    return _with_id(line, short_id(earliest(foremost(alerts), at), at), wording.parts)


def _firing(alert: Alert) -> Alert:
    return replace(alert, state=AlertState.FIRING)


def _line(template: Template, alerts: Sequence[Alert], wording: Wording, *, at: datetime) -> str:
    """Render no more than a text can hold; URLs stay, the author wants them."""
    pieces, length = [], 0
    for piece in template.generate(_variables(alerts, wording, at=at)):
        pieces.append(piece)
        length += len(piece)
        if length > LONGEST:
            break
    return plain("".join(pieces), cheap=wording.transliterate, url=r"\g<0>")


def _variables(alerts: Sequence[Alert], wording: Wording, *, at: datetime) -> dict[str, object]:
    leading = foremost(alerts)
    ordered = [*leading, *(one for one in alerts if one.state is not leading[0].state)]
    told = [_told(one, wording, at=at) for one in ordered[:MOST]]
    first, count = earliest(leading, at), len(alerts) + left_out(alerts)
    return {
        "alerts": told,
        "first": told[0],
        "count": count,
        "more": count - 1,
        "state": told[0].state,
        "severity": told[0].severity,
        "word": told[0].word,
        "id": short_id(first, at),
        "time": time_of(first, wording, at=at),
        "language": wording.language,
        "source": alerts[0].source,
    }


def _told(alert: Alert, wording: Wording, *, at: datetime) -> Told:
    name = object_name(alert, wording)
    since = begun(alert, at)
    return Told(
        state=alert.state.value,
        severity=alert.severity.value,
        word=state_word(alert, wording),
        object=(alert.object or name)[:_VALUE],
        summary=(alert.summary or summary(alert, wording, name=name))[:_VALUE],
        labels={key: value[:_VALUE] for key, value in list(alert.labels.items())[:MOST]},
        started_at=since.astimezone(wording.zone),
        source=alert.source,
        id=short_id(alert, at),
    )


def _with_id(line: str, name: str, parts: int) -> str:
    """Return what fits, with the id in it: at the end if it was not said or would be cut off."""
    cut = fit(line, parts)
    if re.search(rf"(?<!\w){name}(?!\w)", cut):
        return cut
    whole = f"{line} #{name}"
    return whole if estimate(whole).parts <= parts else fit(line, parts, ellipsis=f"... #{name}")


def _warn(error: Exception, alerts: Sequence[Alert]) -> None:
    """Say where it failed; what the error says could hold what the alert says."""
    line, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == _TEMPLATE:
            line = trace.tb_lineno
        trace = trace.tb_next
    text = "the template for %s failed in line %s (%s): our own words are sent"
    _log.warning(text, alerts[0].source, line, type(error).__name__)
