"""Finds the placeholders that devices put into URLs, whatever characters they hold."""

from __future__ import annotations

import re

MARK = "\ufffc"  #: stands for one placeholder (object replacement character)

_PLACEHOLDER = re.compile(
    r"""
      \{\{[^{}]*\}\}                             # {{:message}}  {{ group.title | urlencode }}
    | [$%]\{[^{}&]*\}                            # ${ALERTTIME}  %{session.logon.name}
    | \{[A-Za-z_][\w.:-]*\}                      # {message}  {ALERT.SENDTO}
    | <@\w+,\{[\#,]*\}>?                          # <@Phone,{,###,#######}
    | <@?[A-Za-z]\w*>                            # <@Message>  <v>
    | @@\w+@@ | @[A-Za-z]\w*@                    # @@Text@@  @MESSAGE@
    | \#[A-Za-z]\w*\#                            # #MESSAGE#
    | \$[A-Za-z_]\w*(?:(?:\.|->)\w+)*\$?         # $MESSAGE$  $msg.address  $user->gsm
    | %%[A-Za-z][\w.<>]*%%                       # %%log.logdesc%%
    | %(?![0-9A-Fa-f]{2})[A-Za-z_]\w*(?:%(?![0-9A-Fa-f]{2}))?   # %SMSTEXT  %TO%  %b
    | %[A-Za-z_]{3,}%(?![0-9A-Fa-f]{2})          # %data%, which begins like an escape
    | \[[A-Z][A-Z_]*\]                           # [ALERT_DESCRIPTION]
    | (?<==)[A-Z]+(?:_[A-Z]+)+(?=&|\Z)           # EVENT_ACTION_MESSAGE, API_KEY
    | (?<==)\*\*\*(?=&|\Z)                       # what im-notify prints in place of a secret
    """,
    re.VERBOSE,
)


def mark(query: str) -> str:
    """Return `query` with each placeholder replaced by MARK, so that the rest can be parsed."""
    return _PLACEHOLDER.sub(MARK, query)
