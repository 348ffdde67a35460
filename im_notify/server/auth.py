"""Who may use a door: its networks, then one of token and signature; every comparison is blind.

A token comes as bearer, as the password of basic, or as `?token=`. A signature is the HMAC-SHA256
of the body, in hexadecimal, in a header whose name ends in `-signature`; where a header that ends
in `-timestamp` comes along (seconds since the epoch), it is of `timestamp:body`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, TypeAlias

from starlette.datastructures import QueryParams

from im_notify.i18n import _
from im_notify.server.bodies import read
from im_notify.server.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from ipaddress import IPv4Address

    from starlette.requests import HTTPConnection, Request

    from im_notify.relay_config import HookConfig, Network
    from im_notify.secret import Secret
    from im_notify.server.services import Services

    Address: TypeAlias = IPv4Address | IPv6Address

SIGNATURE_AGE = 300.0  #: seconds by which the timestamp of a signature may be off
_SIGNATURES = ("-signature", "-signature-256")
_NOTHING = QueryParams()
_TIMESTAMP = "-timestamp"
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


async def admit(request: Request, hook: HookConfig, services: Services) -> bytes:
    """Return the body of a request that may use this hook.

    Where a hook has both a token and a secret for signatures, either will do. Raises RefusedError,
    before the body is read if that is not signed.
    """
    check_network(request, hook.allow, services)
    open_to_all = not hook.token and not hook.hmac_secret and bool(hook.allow)
    known = open_to_all or (hook.token is not None and matches(hook.token, presented(request)))
    if not known and not (hook.hmac_secret and _signatures(request.headers)):
        raise no_token()
    body = await read(request, services)
    if not known:
        now = services.clock.now().timestamp()
        check_signature(request.headers, body, secret=hook.hmac_secret, now=now)
    return body


def check_token(request: Request, token: Secret | None) -> None:
    """Raise RefusedError unless the request brings this token; 404 where there is none to bring."""
    if not token:
        raise RefusedError(404, "unknown", _("this door is not configured"))
    if not matches(token, presented(request)):
        raise no_token()


def no_token() -> RefusedError:
    """Return the answer to a token that is missing or wrong; it does not say which."""
    return RefusedError(401, "token", _("the token is missing or wrong"), headers=_CHALLENGE)


def presented(request: Request) -> list[bytes]:
    """List every token that a request brings, from `Authorization` and from the query."""
    found = [one.encode("utf-8", "surrogatepass") for one in query_of(request).getlist("token")]
    return [one for one in (*found, authorization(request)) if one]


def query_of(request: Request) -> QueryParams:
    """Return what stands in the address, which most senders leave empty."""
    return request.query_params if request.scope["query_string"] else _NOTHING


def authorization(request: Request) -> bytes:
    """Return the token in `Authorization`, nothing where there is none."""
    header = request.headers.get("authorization", "").encode("latin-1")
    scheme, _space, rest = header.partition(b" ")
    match scheme.lower():
        case b"bearer":
            return rest.strip()
        case b"basic":
            return _password(rest.strip())
    return b""


def matches(token: Secret, candidates: Iterable[bytes]) -> bool:
    """Say whether one of them is the token; how long that takes tells nothing about it."""
    wanted = token.reveal().encode("utf-8", "surrogatepass")
    return sum(hmac.compare_digest(wanted, one) for one in candidates) > 0


def check_network(request: Request, allow: Sequence[Network], services: Services) -> None:
    """Raise RefusedError (403) unless the client is in one of the networks; none means any."""
    if not allow:
        return
    address = client_address(request, services.relay.trusted_proxies)
    if address is None or not _within(address, allow):
        raise RefusedError(403, "network", _("this address may not use this door"))


def client_address(request: HTTPConnection, trusted: Sequence[Network]) -> Address | None:
    """Return where a request comes from: the last address that no trusted proxy vouches against.

    Over a Unix socket the other end is on this machine and trusted like a proxy. None when what
    is said is no address.
    """
    peer = _address(request.client.host) if request.client else ip_address("127.0.0.1")
    local = request.client is None
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for hop in reversed([one.strip() for one in forwarded if one.strip()]):
        if peer is None or not (local or _within(peer, trusted)):
            break
        peer, local = _address(hop), False
    return peer


def check_signature(
    headers: Mapping[str, str], body: bytes, *, secret: Secret | None, now: float
) -> None:
    """Raise RefusedError (401) unless a header signs the body, not too long ago if it says when."""
    key = secret.reveal().encode("utf-8", "surrogatepass") if secret else b""
    stamps = [value for name, value in headers.items() if name.endswith(_TIMESTAMP)]
    fresh = [stamp for stamp in stamps if _is_fresh(stamp, now)]
    signed = [body] if not stamps else [f"{stamp}:".encode() + body for stamp in fresh]
    right = [hmac.new(key, one, hashlib.sha256).hexdigest().encode() for one in signed]
    given = [one.lower().encode("latin-1") for one in _signatures(headers)]
    found = sum(hmac.compare_digest(ours, one) for ours in right for one in given)
    if not key or not found:
        raise no_token()


def _signatures(headers: Mapping[str, str]) -> list[str]:
    values = [value for name, value in headers.items() if name.endswith(_SIGNATURES)]
    return [value.strip().removeprefix("sha256=") for value in values]


def _is_fresh(stamp: str, now: float) -> bool:
    return stamp.isascii() and stamp.isdecimal() and abs(int(stamp[:15]) - now) <= SIGNATURE_AGE


def _password(encoded: bytes) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


def _address(text: str) -> Address | None:
    """Read an address, also with a port behind it as some proxies write it."""
    bare = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
