"""Writes a first configuration: every key with a line about it, in the reader's language."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from im_notify.i18n import _
from im_notify.setup.answers import Person
from im_notify.setup.places import USER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from im_notify.setup.answers import Answers
    from im_notify.setup.places import Places

_TOKEN = 24  # bytes of chance


def configuration(answers: Answers, places: Places) -> str:
    """Return TOML; each call has tokens of its own."""
    return "\n".join(
        (
            *_head(places),
            *_provider(answers, places),
            *_people(answers),
            *_doors(answers),
            *_relay(answers, places),
            *_rules(answers),
        )
    )


def for_callers(places: Places) -> str:
    """Return TOML for programs that run as other users: where the relay is, and no secret."""
    return "\n".join(
        (
            _c(_("For programs that run im-notify alert --config {path}"), path=places.callers),
            _c(_("Their users must be in the group {group}; who is, needs no token."), group=USER),
            "[relay]",
            f"socket = {_quoted(str(places.socket))}",
            f"spool = {_quoted(str(places.database.with_name('spool')))}\n",
        )
    )


def _head(places: Places) -> Iterator[str]:
    path = places.config
    yield _c(
        _("The configuration of im-notify. Check it: im-notify serve --check --config {path}"),
        path=path,
    )
    yield _c(
        _("Tokens stand in it, so nobody else may read it. Lines with # are what holds anyway.")
    )


def _provider(answers: Answers, places: Places) -> Iterator[str]:
    yield "\n[provider]"
    yield _c(_("The provider's API key and hash, one line in a file each."))
    yield f"key_file = {_quoted(str(places.key))}"
    yield f"hash_file = {_quoted(str(places.hash))}"
    yield _c(_("The sender exactly as it is approved: case and spaces count."))
    yield f"sender = {_quoted(answers.sender)}"
    yield _c(
        _("0: alarms and codes. BIREYSEL or TACIR: commercial texts, by that list of the İYS.")
    )
    yield f"iys = {_quoted(answers.iys)}"


def _people(answers: Answers) -> Iterator[str]:
    fallback = answers.fallback
    after = fallback.to if fallback and isinstance(fallback.to, Person) else None
    if after and after.name != answers.contact.name:
        yield _c(_("Who is told when the first contact's phone did not get it."), before="\n")
        yield f"[contacts.{after.name}]"
        yield f"numbers = [{_quoted(after.number)}]"
    yield f"\n[contacts.{answers.contact.name}]"
    yield _c(_("One number or several; all of them get every text."))
    yield f"numbers = [{_quoted(answers.contact.number)}]"
    yield _c(
        _("Who is told when it is not delivered in time: an Apprise URL, a contact or a group.")
    )
    if fallback:
        to = _quoted(fallback.to.name if isinstance(fallback.to, Person) else fallback.to)
        yield f"fallback = [{{ after = {_quoted(fallback.after)}, to = {to} }}]"
    else:
        yield '# fallback = [{ after = "90s", to = "mailto://user:password@example.org" }]'


def _doors(answers: Answers) -> Iterator[str]:
    at = _address(answers.listen)
    for name in answers.sources:
        yield f"\n[hooks.{name}]"
        what = _("What {name} posts to: {address} (the token also as bearer token)")
        yield _c(what, name=name, address=f"{at}/hook/{name}?token=TOKEN")
        yield f"token = {_quoted(_token())}"
        yield _c(
            _("Whom it tells, unless the address names another: …/hook/{name}/CONTACT"), name=name
        )
        yield f"to = [{_quoted(answers.contact.name)}]"
    for name in answers.devices:
        yield f"\n[devices.{name}]"
        yield _c(
            _("What it calls: {address}"),
            address=f"{at}/v1/send-sms/get/?key=TOKEN&text=…&receipents=…",
        )
        yield f"token = {_quoted(_token())}"
        yield _c(_("Whom it tells when it names no number itself."))
        yield f"to = [{_quoted(answers.contact.name)}]"


def _relay(answers: Answers, places: Places) -> Iterator[str]:
    yield "\n[relay]"
    yield _c(
        _("Where it listens. Other machines need a TLS proxy before it, or a network of their own.")
    )
    yield f"listen = {_quoted(answers.listen)}"
    yield _c(_("Where what was accepted is kept until its end is known."))
    yield f"database = {_quoted(f'sqlite://{places.database}')}"
    if places.socket:
        yield _c(
            _("Where im-notify alert hands alerts over. For users of the group {group}: {path}"),
            group=USER,
            path=places.callers,
        )
        yield f"socket = {_quoted(str(places.socket))}"
    yield _c(_("Whom those alerts tell."))
    yield f"to = [{_quoted(answers.contact.name)}]"
    yield _c(_("For programs of your own: POST /messages and GET /v1/messages/ID."))
    yield f"api_token = {_quoted(_token())}"
    yield _c(_("The provider can post deliveries to /push/SECRET; without it the relay asks."))
    yield f"push_secret = {_quoted(_token())}"
    yield _c(_("The language of the texts: tr or en."))
    yield f"language = {_quoted(answers.language)}"
    yield _c(_("The zone of times in texts, and of those that senders write without one."))
    yield '# zone = "Europe/Istanbul"'
    yield _c(_("Whom the relay tells of its own troubles: an Apprise URL or a contact."))
    if answers.only_sms:
        yield _c(
            _("Nobody is told but by SMS: when the provider refuses those, nobody hears of it.")
        )
        yield _c(_("Put an Apprise URL here and into fallback: mailto://user:password@example.org"))
    yield f"alarm = [{_quoted(_alarm(answers))}]"


def _rules(answers: Answers) -> Iterator[str]:
    """Yield what holds without being said, so that it is found by who looks for it."""
    yield _c(
        _("How long a text is worth sending, and how soon an unchanged problem is told again.")
    )
    yield '# lifetime = "1h"\n# repeat = "4h"'
    yield _c(
        _("Texts about the end of a problem: delivered (if its own SMS was), always or never.")
    )
    yield '# recovery = "delivered"'
    yield _c(_("SMS a text may take; false keeps ş, ı and ğ, which makes it longer."))
    yield "# parts = 1\n# transliterate = true"
    yield _c(_("Own words, in Jinja2; im-notify preview shows what they become."))
    yield '# template = "{{ word }} {{ first.object|short }} {{ first.summary }} {{ time }}"'
    yield "\n# [storm]"
    yield _c(
        _("What follows a text within this time is one text; over the limits there are digests.")
    )
    yield '# gather = "30s"\n# limits = ["5/15m", "11/1h", "21/3h"]\n# digest = "15m"'
    yield _c(_("SMS parts that all alerts of a day may take, 0 without end."))
    yield "# daily_parts = 1000"
    yield "\n# [heartbeat]"
    yield _c(_("A test SMS every week, so that a broken way is found before it is needed."))
    yield f'# at = "mon 09:00"\n# to = [{_quoted(answers.contact.name)}]\n'


def _alarm(answers: Answers) -> str:
    """Return the fallback: one that is a URL hears of a relay that cannot send SMS, too.

    A number hears of the other troubles: little credit, late reports, a day's cap.
    """
    to = answers.fallback.to if answers.fallback else answers.contact
    return to.name if isinstance(to, Person) else to


def _address(listen: str) -> str:
    return "http://HOST" if listen.startswith("unix:") else f"http://{listen}"


def _c(text: str, *, before: str = "", **named: object) -> str:
    """Return a line of comment."""
    return f"{before}# {text.format(**named)}"


def _quoted(text: str) -> str:
    """Write text as TOML does; JSON escapes in the same way, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _token() -> str:
    return secrets.token_urlsafe(_TOKEN)
