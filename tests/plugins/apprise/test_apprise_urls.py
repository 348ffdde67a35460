from __future__ import annotations

import pickle
from urllib.parse import quote

import apprise
import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.models import Consent
from im_notify_plugins.apprise import urls
from im_notify_plugins.apprise.notify import NotifyIletiMerkezi

KEY, HASH = "5" * 32, "c3" * 32
NATIVE = (
    f"https://api.iletimerkezi.com/v1/send-sms/get/?key={KEY}&hash={HASH}"
    "&text=hello%20there&receipents=5301234567,5311234567&sender=eMarka%20Test"
)


def load(url: str) -> NotifyIletiMerkezi:
    """Return the service that Apprise makes of `url`, or raise what its constructor raises."""
    service = apprise.Apprise.instantiate(url, suppress_exceptions=False)
    assert isinstance(service, NotifyIletiMerkezi)
    return service


@pytest.mark.parametrize("schema", ["iletimerkezi", "ileti", "ILETI"])
@pytest.mark.parametrize(
    ("rest", "sender", "targets"),
    [
        ("k:h@SENDER/5301234567", "SENDER", ["5301234567"]),
        ("k:h@eMarka%20Test/5301234567/5311234567", "eMarka Test", ["5301234567", "5311234567"]),
        ("k:h@eMarka Test/0530 123 45 67", "eMarka Test", ["5301234567"]),
        ("k:h@SENDER/5301234567,5311234567", "SENDER", ["5301234567", "5311234567"]),
        ("k:h@SENDER/5301234567;5311234567", "SENDER", ["5301234567", "5311234567"]),
        ("k:h@SENDER?to=5301234567;5311234567", "SENDER", ["5301234567", "5311234567"]),
        ("k:h@SENDER?to=+905301234567,05311234567", "SENDER", ["5301234567", "5311234567"]),
        ("k:h@SENDER/5301234567?to=5311234567", "SENDER", ["5301234567", "5311234567"]),
        ("k:h@/5301234567?from=SENDER", "SENDER", ["5301234567"]),
        ("k:h@5301234567?from=SENDER", "SENDER", ["5301234567"]),
        ("k:h@OTHER/5301234567?from=SENDER", "SENDER", ["5301234567"]),
        ("?key=k&hash=h&from=SENDER&to=5301234567", "SENDER", ["5301234567"]),
        ("SENDER/5301234567/?key=k&hash=h", "SENDER", ["5301234567"]),
        ("k:h@SENDER/5301234567/5301234567", "SENDER", ["5301234567"]),
    ],
)
def test_every_spelling_is_understood(
    schema: str, rest: str, sender: str, targets: list[str]
) -> None:
    """Sender and recipients may stand in the path or in the query, under both names."""
    service = load(f"{schema}://{rest}")

    assert service.settings.sender == sender
    assert service.targets == targets
    assert service.settings.credentials.key.reveal() == "k"
    assert service.settings.credentials.hash.reveal() == "h"


@pytest.mark.parametrize(
    ("query", "consent"),
    [
        ("to=5311234567", Consent.TRANSACTIONAL),
        ("iys=", Consent.TRANSACTIONAL),
        ("iys=0", Consent.TRANSACTIONAL),
        ("iys=TACIR", Consent.TACIR),
        ("iys=bireysel", Consent.BIREYSEL),
        ("iys=1&iyslist=BIREYSEL", Consent.BIREYSEL),
        ("iys=1&iysList=TACIR", Consent.TACIR),
    ],
)
def test_consent_is_never_commercial_by_default(query: str, consent: Consent) -> None:
    """Nothing said is 0; commercial texts name their list."""
    service = load(f"ileti://k:h@SENDER/5301234567?{query}")

    assert service.settings.consent is consent


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("SENDER/5301234567", "key or hash"),
        ("k@SENDER/5301234567", "key or hash"),
        ("k:h@", "sender is empty"),
        ("k:h@MUCHTOOLONGSENDER/5301234567", "11"),
        ("k:h@?from=İLETİ&to=5301234567", "not allowed"),
        ("k:h@SENDER/5301234567?iys=1", "list"),
        ("k:h@SENDER/5301234567?iys=2", "list"),
        ("k:h@SENDER/5301234567?iyslist=TACIR", "iys is 0"),
        ("k:h@SENDER/5301234567?method=xml", "method"),
        ("k:h@SENDER/5301234567?confirm=soon", "confirm"),
        ("k:h@SENDER/5301234567?confirm=56", "confirm"),
        ("k:h@SENDER/5301234567?confirm=-1", "confirm"),
    ],
)
def test_what_is_wrong_is_said_when_the_url_is_loaded(rest: str, reason: str) -> None:
    """A URL that could never send raises the TypeError that every Apprise expects."""
    with pytest.raises(TypeError, match=reason):
        load(f"iletimerkezi://{rest}")


def test_refused_recipients_are_named_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    """A bad number is left out with a warning, and the URL still has it when written again."""
    service = load("ileti://k:h@SENDER/5301234567/02121234567?to=12")

    assert service.targets == ["5301234567"]
    assert "02121234567" in caplog.text
    assert "landline" in caplog.text
    assert "/5301234567/02121234567/12?" in service.url()


def test_secrets_are_masked() -> None:
    """Neither key nor hash can be read in the URL that is shown, nor in a repr."""
    service = load(f"iletimerkezi://{KEY}x:{HASH}@SENDER/5301234567")

    shown = service.url(privacy=True)

    assert shown.startswith("iletimerkezi://5...x:****@SENDER/5301234567?")
    assert KEY not in repr(service.settings)
    assert HASH not in repr(service.settings)


sender_names = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=11
).filter(lambda name: name.strip() == name)
credentials = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x2FF), min_size=1)


@given(key=credentials, secret=credentials, sender=sender_names, confirm=st.integers(0, 55))
def test_the_url_makes_the_same_service_again(
    key: str, secret: str, sender: str, confirm: int
) -> None:
    """Whatever credentials and senders look like, url() loads back to the same account."""
    first = NotifyIletiMerkezi(
        key=key, hash=secret, sender=sender, targets=["5301234567", "12"], confirm=confirm
    )

    again = load(first.url())

    assert again.settings == first.settings
    assert again.url_identifier == first.url_identifier


@given(name=st.text(max_size=20))
def test_any_host_loads_or_is_refused_in_words(name: str) -> None:
    """No sender makes Apprise fail with anything but a TypeError."""
    url = f"ileti://k:h@{quote(name, safe='')}/5301234567"

    try:
        targets = load(url).targets
    except TypeError as error:
        targets = [str(error)]

    assert targets[-1]


def test_the_identity_is_the_account() -> None:
    """Recipients, sender and arguments do not change url_id, credentials do."""
    one = load("ileti://k:h@SENDER/5301234567")
    same = load("iletimerkezi://k:h@OTHER/5311234567?batch=yes&confirm=9")
    other = load("ileti://k:other@SENDER/5301234567")

    assert one.url_id() == same.url_id()
    assert one.url_id() != other.url_id()


@pytest.mark.parametrize(
    ("rest", "length"),
    [
        ("SENDER", 1),
        ("SENDER/5301234567", 1),
        ("SENDER/5301234567/5311234567", 2),
        ("SENDER/5301234567/5311234567?batch=yes", 1),
    ],
)
def test_the_length_counts_requests(rest: str, length: int) -> None:
    """One request a recipient, or one for all with batch, and never none."""
    assert len(load(f"ileti://k:h@{rest}")) == length


def test_a_thousand_recipients_make_an_order() -> None:
    """Batches hold 1,000 numbers by JSON and 100 by GET, whose URL must stay short."""
    numbers = ",".join(f"53{number:08}" for number in range(1001))

    by_json = load(f"ileti://k:h@SENDER?batch=yes&to={numbers}")
    by_get = load(f"ileti://k:h@SENDER?batch=yes&method=get&to={numbers}")

    assert [len(group) for group in by_json.settings.groups()] == [1000, 1]
    assert [len(group) for group in by_get.settings.groups()] == [*[100] * 10, 1]


@pytest.mark.parametrize(
    ("ending", "consent"),
    [
        ("", Consent.TRANSACTIONAL),
        ("&iys=0", Consent.TRANSACTIONAL),
        ("&iys=0&iysList=BIREYSEL", Consent.TRANSACTIONAL),
        ("&iys=1&iysList=TACIR", Consent.TACIR),
    ],
)
def test_the_providers_own_url_is_accepted(ending: str, consent: Consent) -> None:
    """The GET URL of the panel loads as it is; the list is ignored with iys=0, as documented."""
    service = load(NATIVE + ending)

    assert service.settings.sender == "eMarka Test"
    assert service.targets == ["5301234567", "5311234567"]
    assert service.settings.credentials.key.reveal() == KEY
    assert service.settings.consent is consent


@pytest.mark.parametrize(
    "url",
    ["", "https://example.org/v1/send-sms/get/?key=k", "https://api.iletimerkezi.com/v1/", "x://"],
)
def test_foreign_urls_are_left_to_others(url: str) -> None:
    """A URL that is not the provider's is not ours."""
    assert NotifyIletiMerkezi.parse_native_url(url) is None


@pytest.mark.parametrize(
    ("version", "first"),
    [
        ("1.2.1", "ileti"),
        ("1.4.5", "ileti"),
        ("1.5.0", "ileti"),
        ("1.6.0", "iletimerkezi"),
        ("1.13.1", "iletimerkezi"),
        ("2.2.0", "iletimerkezi"),
        ("2.3.0rc1", "iletimerkezi"),
    ],
)
def test_the_url_begins_with_a_name_that_loads(version: str, first: str) -> None:
    """Up to 1.5.0 the names of Apprise have at most nine letters."""
    assert urls.schemas(version)[0] == first


def test_yaml_style_arguments_are_understood() -> None:
    """A configuration file gives numbers and lists instead of text."""
    service = NotifyIletiMerkezi(
        key="k", hash="h", sender="SENDER", targets=["5301234567"], iys=0, batch=True, confirm=5
    )

    assert service.settings.batch
    assert service.settings.confirm == 5


def test_apprise_objects_survive_pickling() -> None:
    """Programs that send from another process hand the object over by pickle."""
    service = load(f"ileti://{KEY}:{HASH}@SENDER/5301234567?confirm=9")

    again = pickle.loads(pickle.dumps(service))  # noqa: S301  our own bytes

    assert again.url() == service.url()
