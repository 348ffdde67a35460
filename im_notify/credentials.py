"""Settings that may stand in a file of their own, and consent out of flag and list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.config_layers import Problem
from im_notify.errors import ConfigError, InvalidMessageError
from im_notify.i18n import _
from im_notify.models import Consent
from im_notify.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from im_notify.config_layers import Layer
    from im_notify.settings import Place


def secret_of(inline: Place, *layers: Layer, problems: list[Problem]) -> Secret | None:
    """Take a credential from the first layer that has it, itself or in a file (`…_file`).

    Who else may read the file is its own affair: a secret mount is often everyone's.
    """
    in_file = (*inline[:-1], f"{inline[-1]}_file")
    layer = next((one for one in layers if inline in one.values or in_file in one.values), None)
    if layer is None:
        return None
    if in_file not in layer.values:
        secret: Secret = layer.values[inline]
        return secret
    text = _text_beside(layer, inline, problems=problems)
    return None if text is None else Secret(text.rstrip("\r\n"))


def text_of(inline: Place, layer: Layer, *, problems: list[Problem]) -> str | None:
    """Take a text itself or out of a file (`…_file`)."""
    if (*inline[:-1], f"{inline[-1]}_file") in layer.values:
        return _text_beside(layer, inline, problems=problems)
    text: str | None = layer.values.get(inline)
    return text


def _text_beside(layer: Layer, inline: Place, *, problems: list[Problem]) -> str | None:
    in_file = (*inline[:-1], f"{inline[-1]}_file")
    try:
        return _only(layer, inline, in_file)
    except ConfigError as error:
        problems.append(Problem(f"{layer.name(in_file)}: {error}", layer.keys(in_file)))
        return None


def _only(layer: Layer, inline: Place, in_file: Place) -> str:
    if inline in layer.values:
        text = _("{name} is set too: take one of the two out")
        raise ConfigError(text.format(name=layer.name(inline)))
    return _read(layer.values[in_file], layer.folder)


def _read(name: str, folder: Path | None) -> str:
    from pathlib import Path

    path = (folder or Path()) / name
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        raise ConfigError(_("{path} is not UTF-8 text").format(path=path)) from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or str(error)
        wrong = _("{path} cannot be read: {reason}")
        raise ConfigError(wrong.format(path=path, reason=reason)) from error
    if not text.strip():
        raise ConfigError(_("{path} is empty").format(path=path))
    return text


def consent_of(table: Place, *layers: Layer, problems: list[Problem]) -> Consent | None:
    """Combine `iys` and `iys_list` of the first layer that has one of them.

    A decision of the environment therefore leaves the file's list out.
    """
    place, list_place = (*table, "iys"), (*table, "iys_list")
    deciding = (one for one in layers if place in one.values or list_place in one.values)
    layer = next(deciding, layers[-1])
    iys, iys_list = layer.values.get(place), layer.values.get(list_place)
    if iys is None and (iys_list is None or problems):  # what was said may be wrong already
        return None
    try:
        return Consent.parse(iys, iys_list)
    except InvalidMessageError as error:
        blamed = place if iys else list_place
        problems.append(Problem(f"{layer.name(blamed)}: {error}", layer.keys(blamed)))
        return None
