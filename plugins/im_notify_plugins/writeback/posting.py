"""Posts JSON to a place; what goes wrong is said without its address, its token or a redirect."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from im_notify.errors import ImNotifyError
from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests import PreparedRequest

    from im_notify.relay_config import WriteBackConfig

TIMEOUT = 10.0  #: seconds, to connect and between two pieces of the answer
LONGEST = 65_536  #: bytes of an answer that are read
FINE = range(200, 300)


class NotToldError(ImNotifyError):
    """A place did not take an outcome; `status` is that of its HTTP answer, if there was one."""

    def __init__(self, text: str, *, status: int | None = None) -> None:
        """Keep the status beside the text."""
        super().__init__(text)
        self.status = status


def post(
    target: WriteBackConfig, url: str, body: object, *, headers: Mapping[str, str], auth: str
) -> bytes:
    """Post to `url` and return the answer; `auth` is `bearer`, `basic` or `none`.

    Proxies come from the environment, credentials from the target alone: `.netrc` is not read.
    Raises NotToldError for anything but 2xx.
    """
    import requests

    try:
        with requests.post(
            url,
            data=json.dumps(body, ensure_ascii=False).encode(),
            headers={"User-Agent": "im-notify", "Content-Type": "application/json", **headers},
            auth=_credentials(target, auth),
            timeout=TIMEOUT,
            allow_redirects=False,
            verify=target.ca_file or True,
            stream=True,
        ) as answer:
            found = answer.raw.read(LONGEST, decode_content=True)
            status = answer.status_code
    except (requests.RequestException, OSError, ValueError) as error:
        text = _("{name} could not be asked: {reason}")
        reason = type(error).__name__
        raise NotToldError(text.format(name=target.name, reason=reason)) from None
    if status not in FINE:
        text = _("{name} answered HTTP {status}")
        raise NotToldError(text.format(name=target.name, status=status), status=status)
    return bytes(found)


def _credentials(
    target: WriteBackConfig, auth: str
) -> Callable[[PreparedRequest], PreparedRequest]:
    from requests.auth import HTTPBasicAuth

    token = target.token.reveal() if target.token else ""
    if auth == "basic":
        return HTTPBasicAuth((target.user or "").encode(), token.encode())

    def credentials(request: PreparedRequest) -> PreparedRequest:
        if auth == "bearer" and token:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return credentials
