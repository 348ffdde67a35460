"""The class that Apprise makes of an `iletimerkezi://` or `ileti://` URL.

One code base for Apprise 1.4.5 to 2.2.0, so it uses only names that all of them have.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

import apprise
from apprise import NotifyBase, PrivacyMode

from im_notify.clock import Clock, SystemClock
from im_notify.errors import InvalidMessageError
from im_notify.i18n import _
from im_notify_plugins.apprise import details, settings, urls
from im_notify_plugins.apprise.budget import Budget
from im_notify_plugins.apprise.delivery import deliver
from im_notify_plugins.apprise.rate import RATE, Limiters
from im_notify_plugins.apprise.relaying import RelayBackend
from im_notify_plugins.apprise.settings import Settings
from im_notify_plugins.apprise.tracking import start_of
from im_notify_plugins.apprise.transport import PlainTransport
from im_notify_plugins.iletimerkezi import getform
from im_notify_plugins.iletimerkezi.backends import ProviderBackend
from im_notify_plugins.iletimerkezi.client import Client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from im_notify.protocols import Backend

_WAYS = {"json": Client.send_json, "get": Client.send_get}


class NotifyIletiMerkezi(NotifyBase):  # type: ignore[misc]  # apprise counts as untyped
    """Sends SMS through iletiMerkezi; success means accepted, or delivered with `confirm`."""

    service_name = "iletiMerkezi"
    service_url = "https://www.iletimerkezi.com/"
    setup_url = "https://www.iletimerkezi.com/en/docs"
    secure_protocol = urls.schemas(apprise.__version__)
    notify_url = getform.BASE_URL
    title_maxlen = 0  # Apprise puts the title in front of the text
    body_maxlen = 1038  # what seven parts hold in GSM 7-bit with or without Turkish letters
    # Apprise spaces the requests of one object; the provider counts recipients of an account,
    # and so does our own limiter. The inherited 5.5 s would end long lists in a timeout.
    request_rate_per_sec = 0
    default_batch_size = settings.BATCH
    templates = details.TEMPLATES
    template_tokens: ClassVar = {**NotifyBase.template_tokens, **details.TOKENS}
    template_args: ClassVar = {**NotifyBase.template_args, **details.ARGUMENTS}
    clock: Clock = SystemClock()
    limiters = Limiters()  # shared: the provider counts over all connections of an account

    def __init__(  # noqa: PLR0913, PLR0917  Apprise wants each argument of the URL here
        self,
        key: str | None = None,
        hash: str | None = None,  # noqa: A002  the provider's name
        sender: str | None = None,
        targets: str | Sequence[str] | None = None,
        iys: str | int | None = None,
        iyslist: str | None = None,
        method: str | None = None,
        batch: str | bool | None = None,  # noqa: FBT001  as Apprise hands it over
        confirm: str | int | None = None,
        relay: str | None = None,
        **kwargs: object,
    ) -> None:
        """Check every argument; what is wrong with one is logged and raised as TypeError.

        Recipients that cannot be sent to are named in a warning and left out.
        """
        kwargs.pop("format", None)  # HTML and Markdown are to arrive as plain text
        super().__init__(**kwargs)
        try:
            through = settings.check_relay(relay)
            self.settings = Settings(
                credentials=settings.check_credentials(key, hash, relay=through),
                sender=settings.checked_sender(sender),
                recipients=settings.check_targets(targets),
                consent=settings.check_consent(iys, iyslist),
                method=settings.check_method(method),
                batch=settings.check_batch(batch),
                confirm=settings.check_confirm(confirm),
                relay=through,
            )
        except InvalidMessageError as error:
            self.logger.warning("iletiMerkezi: %s", error)
            raise TypeError(str(error)) from None
        for refused in self.settings.recipients.refused:
            text = _("iletiMerkezi: left out {typed!r}: {reason}")
            self.logger.warning(text.format(typed=refused.typed, reason=refused.reason))

    def send(
        self, body: str, title: str = "", notify_type: object = None, **kwargs: object
    ) -> bool:
        """Send one text to everyone; False unless it was taken (or delivered) for all.

        Any thread may call it. The title is part of the body already.
        """
        del title, notify_type
        if not self.settings.recipients.numbers:
            self.logger.warning(_("iletiMerkezi: there is no recipient to send to"))
            return False
        pieces = kwargs.get("total")
        budget = self._budget(pieces if isinstance(pieces, int) else 1)
        text = body.replace("\r\n", "\n")
        return deliver(self, self._backend(budget), text=text, budget=budget)

    def slowest(self, before: int) -> float:
        """Return the seconds an order may take that follows one of `before` recipients."""
        return float(before / RATE + sum(self.request_timeout))

    def _budget(self, pieces: int) -> Budget:
        """Share the time for the service, 60 s in Apprise 2 and unlimited before, among pieces."""
        limit = float(getattr(self.asset, "_service_timeout", 0.0)) / max(1, pieces)
        started = start_of(self, self.clock.monotonic()) if pieces <= 1 else None
        return Budget(limit, self.clock, started=started)

    def _backend(self, budget: Budget) -> Backend:
        if self.settings.relay:
            return RelayBackend(
                url=self.settings.relay,
                token=self.settings.credentials.hash,
                max_recipients=settings.BATCH,
                transport=self._transport(budget),
                clock=self.clock,
            )
        base_url = os.environ.get("IM_NOTIFY_BASE_URL") or self.notify_url
        client = Client(
            credentials=self.settings.credentials,
            transport=self._transport(budget),
            clock=budget,
            base_url=base_url.rstrip("/") + "/",
        )
        return ProviderBackend(
            name=self.settings.method,
            max_recipients=settings.BATCH,
            client=lambda: client,
            limiter=self.limiters.of(self.settings.credentials, self.clock),
            place=_WAYS[self.settings.method],
        )

    def _transport(self, budget: Budget) -> PlainTransport:
        return PlainTransport(
            timeouts=self.request_timeout,
            verify=self.verify_certificate,
            redirects=getattr(self, "redirects", True),  # an attribute since Apprise 1.11
            agent=self.app_id,
            budget=budget,
        )

    def url(self, privacy: bool = False, *args: object, **kwargs: object) -> str:  # noqa: FBT001, FBT002
        """Return the URL that makes this object again; with `privacy`, key and hash are masked.

        Refused recipients stay in it, so that they are not forgotten.
        """
        chosen = self.settings
        params = self._parameters() | self.url_parameters(*args, privacy=privacy, **kwargs)
        params.pop("format", None)
        login, found = chosen.credentials, chosen.recipients
        key = self.pprint(login.key.reveal(), privacy, safe="")
        secret = self.pprint(login.hash.reveal(), privacy, mode=PrivacyMode.Secret, safe="")
        sender = self.quote(chosen.sender, safe="")
        typed = [*found.numbers, *(refused.typed for refused in found.refused)]
        targets = "/".join(self.quote(one, safe="") for one in typed)
        query = self.urlencode(params)
        return f"{self.secure_protocol[0]}://{key}:{secret}@{sender}/{targets}?{query}"

    def _parameters(self) -> dict[str, str]:
        params = {
            "iys": self.settings.consent.value,
            "method": self.settings.method,
            "batch": "yes" if self.settings.batch else "no",
        }
        params |= {"confirm": str(self.settings.confirm)} if self.settings.confirm else {}
        return params | ({"relay": self.settings.relay} if self.settings.relay else {})

    @property
    def targets(self) -> list[str]:
        """The numbers that are sent to."""
        return list(self.settings.recipients.numbers)

    @property
    def url_identifier(self) -> tuple[str, ...]:
        """What makes an account an account: never its recipients."""
        login = self.settings.credentials
        return ("iletimerkezi", login.key.reveal(), login.hash.reveal())

    def __len__(self) -> int:
        """Return how many requests a text takes, at least 1: an object of length 0 is false."""
        return max(1, len(self.settings.groups()))

    @staticmethod
    def parse_url(url: str) -> dict[str, object] | None:
        """Take a URL apart; None when it is none.

        Apprise would cut it at a semicolon, and with it all recipients that follow.
        """
        whole = url.replace(";", "%3B") if isinstance(url, str) else url
        results = NotifyBase.parse_url(whole, verify_host=False)
        return urls.read(results) if results else None

    @staticmethod
    def parse_native_url(url: str) -> dict[str, object] | None:
        """Take the provider's own GET URL apart; None for any other."""
        found = urls.native(url, NotifyIletiMerkezi.secure_protocol[0])
        return NotifyIletiMerkezi.parse_url(found) if found else None
