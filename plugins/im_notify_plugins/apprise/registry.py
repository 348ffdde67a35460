"""Puts the class into Apprise's registry, whichever of the two kinds the installed version has."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from im_notify_plugins.apprise.notify import NotifyIletiMerkezi

_ORDER = threading.Lock()  # Apprise checks and adds in two steps


def register() -> str:
    """Register the class if its names are free; return the class that answers to them."""
    from im_notify_plugins.apprise.notify import NotifyIletiMerkezi

    with _ORDER:
        found = _add(NotifyIletiMerkezi)
    return f"{found.__module__}.{found.__qualname__}"


def _add(ours: type[NotifyIletiMerkezi]) -> type[object]:
    try:
        from apprise.plugins import N_MGR
    except ImportError:  # up to 1.6.0 there is a dictionary instead
        return _add_to_map(ours)
    # Looking a name up first also loads Apprise's own plugins: without them a first `add` would
    # count as the whole registry.
    taken = [name for name in ours.secure_protocol if name in N_MGR]
    if not taken:
        N_MGR.add(ours)
    found: type[object] = N_MGR[taken[0] if taken else ours.secure_protocol[0]]
    return found


def _add_to_map(ours: type[NotifyIletiMerkezi]) -> type[object]:
    import sys

    from apprise import common

    taken = [name for name in ours.secure_protocol if name in common.NOTIFY_SCHEMA_MAP]
    if taken:
        found: type[object] = common.NOTIFY_SCHEMA_MAP[taken[0]]
        return found
    common.NOTIFY_SCHEMA_MAP.update(dict.fromkeys(ours.secure_protocol, ours))
    entry = {"plugin": ours, "module": sys.modules[ours.__module__]}
    common.NOTIFY_MODULE_MAP.setdefault(ours.__name__, entry)  # asked for native URLs
    return ours
