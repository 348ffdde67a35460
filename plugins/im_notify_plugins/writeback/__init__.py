"""Write-back: tells where alerts came from whether their SMS arrived; one file a kind of place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.hookspecs import hookimpl

if TYPE_CHECKING:
    from im_notify.protocols import Outcome
    from im_notify.relay_config import WriteBackConfig

__all__ = ["im_notify_write_back"]


@hookimpl
def im_notify_write_back(target: WriteBackConfig, outcome: Outcome | None) -> bool | None:
    """Take the kinds icinga, nagios, url and zabbix. Raises as the specification says."""
    from im_notify_plugins.writeback.kinds import KINDS, check

    kind = KINDS.get(target.kind)
    if kind is None:
        return None
    if outcome is None:
        check(target, kind)
    else:
        kind.tell(target, outcome)
    return True
