"""Says what keeps a user out of a socket or a folder, and what to do about it.

Only loaded once that happened: an alert that gets through must not wait for it.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import PurePath

from im_notify.i18n import _

_ROOT = 0
_ENTER, _USE, _ADD = stat.S_IXGRP, stat.S_IWGRP, stat.S_IWGRP | stat.S_IXGRP


def remedy(path: str) -> str:
    """Return in one clause what to do so that this user may write to `path`.

    That is a socket to connect to, or a folder to leave files in. It goes by the modes
    (path_resolution(7)) of the first place on the way that this user may not pass.
    """
    place, found, needed = _barrier(path)
    if place != path and needed == _ADD:
        return _("it is not there yet: the relay makes it when it starts")
    if found.st_gid == _ROOT or found.st_mode & needed != needed:
        text = _("{place} is for the user {owner} alone: set socket and spool in [relay]")
        return text.format(place=place, owner=_user(found.st_uid))
    user = _user(os.geteuid())
    group, members = _group(found.st_gid)
    if user in members:
        text = _("{user} is in the group {group} by now: start what runs this anew")
    else:
        text = _(
            "{user} is not in the group {group}: usermod -aG {group} {user},"
            " then start what runs this anew"
        )
    return text.format(group=group, user=user)


def _barrier(path: str) -> tuple[str, os.stat_result, int]:
    """Return where the way ends, and the bits of a group's mode that open it."""
    needed = _ADD
    for place in (path, *map(str, PurePath(path).parents)):
        try:
            found = os.stat(place)  # noqa: PTH116  as in the whole package
        except OSError as error:
            needed = _ENTER if isinstance(error, PermissionError) else _ADD
        else:
            return place, found, _USE if stat.S_ISSOCK(found.st_mode) else needed
    return "/", os.stat("/"), needed  # noqa: PTH116


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> tuple[str, list[str]]:
    """Return the name of a group and its members."""
    try:
        entry = grp.getgrgid(gid)
    except KeyError:
        return str(gid), []
    return entry.gr_name, entry.gr_mem
