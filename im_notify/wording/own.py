"""What the relay says of itself: how a message ended, that it lives, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from im_notify.models import Status
from im_notify.recipients import international
from im_notify.text import estimate, fit, transliterate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from im_notify.reports import Delivery
    from im_notify.wording.tables import Wording

_SHOWN = 5  # recipients of one status that are named
_FIRST, _LAST = 5, 2  # digits of a number that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """What one language says; `troubles` are told with `subjects` when they are over."""

    statuses: Mapping[Status, str]
    troubles: Mapping[str, str]
    subjects: Mapping[str, str]
    well: str
    test: str


_OWN: Final = {
    "tr": _Own(
        statuses={
            Status.SCHEDULED: "zamanlandı",
            Status.WAITING: "bekliyor",
            Status.DELIVERED: "teslim edildi",
            Status.UNDELIVERED: "teslim edilmedi",
            Status.MISSING: "raporda yok",
            Status.REFUSED: "reddedildi",
            Status.CANCELLED: "iptal edildi",
            Status.EXPIRED: "süresi doldu",
            Status.UNSENT: "gönderilmedi",
            Status.UNKNOWN: "sonucu bilinmiyor",
        },
        troubles={
            "provider": "sağlayıcı reddediyor, SMS gitmiyor: {reason}",
            "credit": "kredi azaldı, {left} SMS kaldı",
            "reports": "teslim raporları {minutes} dk gecikti",
            "queue": "kuyruk ilerlemiyor, en eski SMS {minutes} dk bekliyor",
            "loops": "bir döngü durdu, yeniden başlatın",
            "parts": "bugünkü {cap} SMS parçasının {parts} tanesi kullanıldı",
            "cap": "bugünkü {cap} SMS parçası bitti, yalnız kritik alarmlar gider",
            "fallback": "{id} kimseye ulaşmadı, yedekleri de başarısız oldu",
        },
        subjects={
            "provider": "sağlayıcı",
            "credit": "kredi",
            "reports": "teslim raporları",
            "queue": "kuyruk",
            "loops": "döngüler",
        },
        well="{subject} yeniden iyi",
        test="im-notify deneme SMS'i {time} #{id}",
    ),
    "en": _Own(
        statuses={
            Status.SCHEDULED: "scheduled",
            Status.WAITING: "waiting",
            Status.DELIVERED: "delivered",
            Status.UNDELIVERED: "not delivered",
            Status.MISSING: "missing in the report",
            Status.REFUSED: "refused",
            Status.CANCELLED: "cancelled",
            Status.EXPIRED: "expired",
            Status.UNSENT: "not sent",
            Status.UNKNOWN: "outcome unknown",
        },
        troubles={
            "provider": "the provider refuses, no SMS leaves: {reason}",
            "credit": "credit is low, {left} SMS are left",
            "reports": "delivery reports are {minutes} min late",
            "queue": "the queue stands still, the oldest SMS has waited {minutes} min",
            "loops": "a loop has died, restart it",
            "parts": "{parts} of the {cap} SMS parts of today are used",
            "cap": "the {cap} SMS parts of today are used up, only critical alerts go out",
            "fallback": "{id} reached nobody, and its fallbacks have failed",
        },
        subjects={
            "provider": "the provider",
            "credit": "credit",
            "reports": "delivery reports",
            "queue": "the queue",
            "loops": "the loops",
        },
        well="{subject}: well again",
        test="im-notify test SMS {time} #{id}",
    ),
}


def outcome_line(
    deliveries: Sequence[Delivery], wording: Wording, *, at: datetime, name: str
) -> str:
    """Say how the message `name` ended at `at`, for whom, on one line that is no SMS.

    `SMS teslim edildi: 90530*****67 12:03:14 (#0a1b2c3d4e5f)`
    """
    words, ranks = _OWN[wording.language].statuses, list(Status)
    ordered = sorted(deliveries, key=lambda row: ranks.index(row.status))
    groups = groupby(ordered, key=lambda row: row.status)
    told = "; ".join(f"{words[status]}: {_numbers(list(rows))}" for status, rows in groups)
    return f"SMS {told} {at.astimezone(wording.zone):%H:%M:%S} (#{name})"


def _numbers(rows: Sequence[Delivery]) -> str:
    shown = ", ".join(_masked(row.number) for row in rows[:_SHOWN])
    return f"{shown} +{len(rows) - _SHOWN}" if len(rows) > _SHOWN else shown


def _masked(number: str) -> str:
    digits = international(number).removeprefix("+")
    hidden = max(0, len(digits) - _FIRST - _LAST)
    return f"{digits[:_FIRST]}{'*' * hidden}{digits[_FIRST + hidden :]}"


def over_line(text: str, wording: Wording) -> str:
    """Say of a text about a problem that this is over: it leads in place of the severity."""
    words = wording.words
    state, _blank, rest = text.partition(" ")
    told = rest if state in words.severity.values() else text
    return fit(f"{words.resolved} {told}", max(wording.parts, estimate(text).parts))


def heartbeat_line(wording: Wording, *, at: datetime, name: str) -> str:
    """Return the text of a test message; `name` tells it from all others."""
    local = at.astimezone(wording.zone)
    return _OWN[wording.language].test.format(time=f"{local:%d.%m %H:%M}", id=name)


def trouble_line(name: str, wording: Wording, **told: object) -> str:
    """Say what is wrong with the relay itself."""
    return f"im-notify: {_OWN[wording.language].troubles[name].format_map(told)}"


def well_line(name: str, wording: Wording) -> str:
    """Say that it is not wrong any more."""
    own = _OWN[wording.language]
    return f"im-notify: {own.well.format(subject=own.subjects[name])}"


def one_sms(text: str, wording: Wording) -> str:
    """Return as much of a text as one SMS takes."""
    return fit(transliterate(text) if wording.transliterate else text, 1)
