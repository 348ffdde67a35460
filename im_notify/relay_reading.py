"""What every section of the relay is read with: tables, their layers, and what is wrong in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from im_notify.config_layers import Layer, Problem, folder_of, read_table
from im_notify.i18n import _
from im_notify.relay_settings import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from im_notify.config_file import Document
    from im_notify.models import Consent
    from im_notify.settings import Converter, Place

    Settings = dict[str, Any]

_SECRETS = ("token", "hmac_secret", "api_token", "push_secret")
_COMBINED = {
    *("iys", "iys_list", "template", "template_file", "alarm"),
    *_SECRETS,
    *(f"{key}_file" for key in _SECRETS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What every section is read with; `problems` grows."""

    document: Document
    environ: Mapping[str, str]
    sender: str | None
    consent: Consent | None
    problems: list[Problem]

    def table(self, *path: str) -> Mapping[str, object]:
        """Return the table at `path`, an empty one for anything else."""
        found: object = self.document.tables
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def blame(self, text: str, *keys: str) -> None:
        """Add a problem with what stands at `keys`."""
        self.problems.append(Problem(text, keys))


def layer_of(
    reading: Reading,
    path: Place,
    *,
    known: Mapping[str, Converter],
    table: Mapping[str, object] | None = None,
) -> Layer:
    """Convert the settings of the table at `path`; what is wrong is added to the problems.

    `table` is what is read of it, by default all.
    """
    values: dict[Place, Any] = {}
    said = reading.table(*path) if table is None else table
    problems = tuple(read_table(values, path, said, known=known))
    reading.problems.extend(problems)
    return Layer(values=values, problems=problems, folder=folder_of(reading.document))


def plain(layer: Layer) -> Settings:
    """Return the settings that stand for themselves, by their keys."""
    return {place[-1]: v for place, v in layer.values.items() if place[-1] not in _COMBINED}


def entries_of(reading: Reading, section: str) -> Iterator[tuple[str, Layer]]:
    """Yield the entries of a section by their names."""
    for name, table in reading.table(section).items():
        if isinstance(table, dict):
            yield name, layer_of(reading, (section, name), known=ENTRIES[section])
        else:
            text = _("[{section}] {name} stands outside of an entry: write [{section}.NAME] first")
            reading.blame(text.format(section=section, name=name), section, name)
