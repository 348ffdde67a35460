"""Carries requests the way Apprise's plugins do, one connection each.

They go through `requests.get` and `requests.post` as attributes of the module: Apprise's test
harness and some host programs replace these two and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import HTTPError

from im_notify.i18n import _
from im_notify_plugins.iletimerkezi.transport import (
    Reply,
    TransportError,
    mask_log,
    transport_error,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from im_notify_plugins.apprise.budget import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainTransport:
    """What an Apprise URL says about connections, and the time there is for them.

    `timeouts` are those of connecting and reading, in seconds.
    """

    timeouts: tuple[float, float]
    verify: bool
    redirects: bool
    agent: str
    budget: Budget

    def __call__(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        """Return the whole answer, whatever its status. Raises TransportError."""
        left = self.budget.left()
        if not left:
            raise TransportError(_("the time for this service is over"), sent=False)
        mask_log()  # a GET carries the secrets in its URL, and urllib3 logs URLs
        connect, read = self.timeouts
        call = requests.get if method == "GET" else requests.post
        try:
            response = call(
                url,
                data=body,
                headers={**headers, "User-Agent": self.agent},
                verify=self.verify,
                timeout=(min(connect, left), min(read, left)),
                allow_redirects=self.redirects,
            )
        except (OSError, HTTPError) as error:  # requests' own errors are OSErrors
            raise transport_error(error) from None  # the chain would show the URL
        return Reply(response.status_code, _content(response), _pause(response))


def _content(response: requests.Response) -> bytes:
    """Return the body; a stand-in for `requests` may give text or nothing."""
    content: object = response.content
    return content if isinstance(content, bytes) else str(content or "").encode()


def _pause(response: requests.Response) -> float | None:
    value: object = response.headers.get("Retry-After")
    return float(value) if isinstance(value, str) and value.isdigit() else None
