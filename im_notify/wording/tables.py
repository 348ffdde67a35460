"""The words of an SMS in each language, and the choices that a configuration makes about it.

The language of a text is chosen for its readers, not by the locale of the machine that sends it,
so these words are content and no catalogue has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from im_notify.alerts import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one language says; `units` stand behind days, hours and minutes.

    `within` stands before the time in which a storm came, `digest` says what follows it.
    """

    severity: Mapping[Severity, str]
    counted: Mapping[Severity, str]
    acknowledged: str
    resolved: str
    alert: str
    alerts: str
    units: tuple[str, str, str]
    storm: str
    within: str
    digest: str


TABLES: Final = {
    "tr": Words(
        severity={Severity.CRITICAL: "KRT", Severity.WARNING: "UYR", Severity.INFO: "BLG"},
        counted={Severity.CRITICAL: "kritik", Severity.WARNING: "uyarı", Severity.INFO: "bilgi"},
        acknowledged="ONAY",
        resolved="OK",
        alert="alarm",
        alerts="alarm",
        units=("g", "sa", "dk"),
        storm="FIRTINA",
        within="",
        digest="özet modu",
    ),
    "en": Words(
        severity={Severity.CRITICAL: "CRT", Severity.WARNING: "WRN", Severity.INFO: "INF"},
        counted={Severity.CRITICAL: "critical", Severity.WARNING: "warning", Severity.INFO: "info"},
        acknowledged="ACK",
        resolved="OK",
        alert="alert",
        alerts="alerts",
        units=("d", "h", "min"),
        storm="STORM",
        within="in ",
        digest="digest mode",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How texts are written: `zone` is the clock that readers live by, `parts` the most they take.

    With `transliterate` a text has nothing but the GSM 7-bit alphabet; without it characters stay
    as they are told and may halve what a part holds. Raises ValueError for a language without
    words and for less than one part.
    """

    language: str = "tr"
    zone: tzinfo
    parts: int = 1
    transliterate: bool = True

    def __post_init__(self) -> None:
        """Refuse at start what would otherwise fail when the first alert comes."""
        if self.language not in TABLES:
            raise ValueError(f"no words for {self.language!r}: use {' or '.join(TABLES)}")
        if self.parts < 1:
            raise ValueError(f"a text has at least one part, not {self.parts}")

    @property
    def words(self) -> Words:
        """Return the words of the language."""
        return TABLES[self.language]
