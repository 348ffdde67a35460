"""How monitoring systems call states and severities, in the words of this project."""

from __future__ import annotations

import re

from im_notify.alerts import AlertState, Severity

_NOT_WORDS = re.compile(r"[^\w\s]+")

_STATES = {
    AlertState.FIRING: "firing alerting alert alarm problem down triggered retriggered warn"
    " warning critical error failed failure fail open opened create created new unhealthy",
    AlertState.RESOLVED: "resolved resolve ok up recovered recovery close closed clear cleared"
    " normal healthy success succeeded inactive ended end",
    AlertState.ACKNOWLEDGED: "acknowledged acknowledge acknowledgement ack acked acknowledgment",
}
_SEVERITIES = {
    Severity.CRITICAL: "critical crit disaster high emergency emerg fatal alert error err severe"
    " major page p1 p2 sev1 sev2 down kritik",
    Severity.WARNING: "warning warn average medium minor moderate unknown p3 sev3 uyarı",
    Severity.INFO: "info information informational notice low debug none ok normal"
    " not_classified p4 p5 sev4 sev5 test bilgi",
}
# Beside those, what a sentence says of a problem that begins or ends: `is not reachable again`
_TURNING = (
    "is are was were be been has have had it its the a now again back not no longer isn t cannot"
    " reachable unreachable available unavailable online offline responding unresponsive alive"
    " dead running stopped started working broken lost restored can"
    " değil artık şimdi yeniden tekrar yok oldu çöktü düştü kalktı kapalı kapandı açık açıldı"
    " erişilemiyor erişilebilir erişiliyor ulaşılamıyor ulaşılıyor yanıt cevap vermiyor veriyor"
    " çalışmıyor çalışıyor durdu başladı kesildi geldi sorun sorunlu tamam normale döndü"
    " düzeldi bitti sona erdi alarmı"
)
_TURNS = frozenset(_TURNING.split())
_MEASURED = re.compile(
    r"%\s?\d+(?:[.,]\d+)?|\b\d+(?:[.,]\d+)?\s?(?:%|°C?|(?:[kKMGT]i?B|ms)\b)", re.ASCII
)
_STATE_OF = {word: state for state, words in _STATES.items() for word in words.split()}
_SEVERITY_OF = {
    word.replace("_", " "): level for level, words in _SEVERITIES.items() for word in words.split()
}


def folded(word: str) -> str:
    """Return a word as the tables have it: lower case, without brackets, dashes and emoji."""
    lower = word.replace("İ", "i").lower()
    return " ".join(_NOT_WORDS.sub("", lower).split())


def state_of(word: str) -> AlertState | None:
    """Return what a word, or the first word of a phrase, stands for; None when it is unknown."""
    phrase = folded(word)
    return _STATE_OF.get(phrase) or _STATE_OF.get(phrase.partition(" ")[0])


def lasting(summary: str) -> list[str]:
    """Return the words that a problem's beginning and its end have in common, in lower case.

    `db1 is down: disk 95%` has `db1` and `disk`: what is measured goes, and words of states.
    """
    lower = _MEASURED.sub(" ", summary).replace("İ", "i").lower()
    return [
        word for word in re.findall(r"\w+", lower) if word not in _STATE_OF and word not in _TURNS
    ]


def severity_of(word: str) -> Severity | None:
    """Return how bad a word is; None when it is unknown, so that the caller decides."""
    phrase = folded(word)
    return _SEVERITY_OF.get(phrase) or _SEVERITY_OF.get(phrase.partition(" ")[0])


def untagged(summary: str) -> str:
    """Take a state in brackets off the front: it is told apart, and brackets cost double."""
    tag, bracket, rest = summary.partition("]")
    is_tag = bracket and tag.startswith("[") and state_of(tag.partition(":")[0])
    return rest.strip() or summary if is_tag else summary


def unled(summary: str, name: str) -> str:
    """Take off what LibreNMS puts before a rule's name: the device is told apart.

    Its titles are `Alert for device NAME - RULE` and `Device NAME recovered from RULE`
    (LibreNMS documents, alerting, templates).
    """
    leads = (f"Alert for device {name} - ", f"Device {name} recovered from ") if name else ()
    lead = next((one for one in leads if summary.casefold().startswith(one.casefold())), "")
    return summary[len(lead) :].strip() or summary
