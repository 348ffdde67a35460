from __future__ import annotations

import gettext
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from im_notify.app import App
from im_notify.cli import run
from im_notify.i18n import _, teach_argparse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from babel.messages.catalog import Catalog

    from im_notify.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "im_notify" / "locale" / "tr" / "LC_MESSAGES"
COMPILE = "pybabel compile -d im_notify/locale -D im_notify (or: -D argparse)"
UPDATE = (
    "pybabel -q extract -k _mark --no-location --sort-output -o /tmp/im_notify.pot im_notify "
    "plugins && pybabel update -d im_notify/locale -D im_notify -l tr -i /tmp/im_notify.pot -N "
    f"--no-wrap --ignore-obsolete --ignore-pot-creation-date; translate what is new; {COMPILE}"
)
DOMAINS = ("im_notify", "argparse")
PRINTF = re.compile(r"%(?:\(\w+\))?[sdr]")
# what people type or look for, in whatever language: options, variables, codes, escapes, lists
FIXED = re.compile(r"--[a-z][a-z-]+|[A-Z]+_[A-Z_]+|\(\d{3}\)|%[0-9A-F]{2}|BIREYSEL|TACIR|https?://")
TURKISH = {"LANG": "tr_TR.UTF-8", "LANGUAGE": ""}
SEND = ("send", "--to", "5301234567", "--sender", "APITEST", "--iys", "0")

CHOICES = [
    ({}, False),
    ({"LANG": "tr_TR.UTF-8"}, True),
    ({"LANG": "tr_TR"}, True),
    ({"LANG": "tr"}, True),
    ({"LANG": "tr_TR.ISO-8859-9@euro"}, True),
    ({"LANG": "tr_CY.UTF-8"}, True),
    ({"LANG": "en_US.UTF-8"}, False),
    ({"LANG": "en"}, False),
    ({"LANG": "de_DE.UTF-8"}, False),
    ({"LANG": "no such locale"}, False),
    ({"LANG": "C"}, False),
    ({"LANG": "C.UTF-8"}, False),
    ({"LANG": "POSIX"}, False),
    # LC_ALL before LC_MESSAGES before LANG; an empty one is unset
    ({"LC_MESSAGES": "tr_TR.UTF-8", "LANG": "en_US.UTF-8"}, True),
    ({"LC_MESSAGES": "en_US.UTF-8", "LANG": "tr_TR.UTF-8"}, False),
    ({"LC_ALL": "tr_TR.UTF-8", "LC_MESSAGES": "en_US.UTF-8", "LANG": "C"}, True),
    ({"LC_ALL": "C", "LC_MESSAGES": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}, False),
    ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "tr_TR.UTF-8"}, True),
    # LANGUAGE is a list in place of the locale
    ({"LANG": "en_US.UTF-8", "LANGUAGE": "tr"}, True),
    ({"LANG": "tr_TR.UTF-8", "LANGUAGE": "en"}, False),
    ({"LANG": "tr_TR.UTF-8", "LANGUAGE": ""}, True),
    ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:tr:en"}, True),
    ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:en:tr"}, False),
    ({"LANG": "tr_TR.UTF-8", "LANGUAGE": "en_GB:tr"}, False),
    ({"LANG": "tr_TR.UTF-8", "LANGUAGE": "C"}, False),
    ({"LANG": "en_US.UTF-8", "LANGUAGE": ":tr_TR.UTF-8"}, True),
    # but not in the locale C
    ({"LANGUAGE": "tr"}, False),
    ({"LANG": "C", "LANGUAGE": "tr"}, False),
    ({"LANG": "C.UTF-8", "LANGUAGE": "tr"}, False),
    ({"LC_ALL": "POSIX", "LANG": "tr_TR.UTF-8", "LANGUAGE": "tr"}, False),
]


def _po(domain: str) -> Catalog:
    with (FOLDER / f"{domain}.po").open("rb") as file:
        return read_po(file)


def _texts(catalog: Catalog) -> dict[str, str]:
    """Map the English to the translation; where there are plurals, the plural counts."""
    return {_last(one.id): _last(one.string) for one in catalog if one.id}


def _last(forms: str | Sequence[str] | None) -> str:
    return forms if isinstance(forms, str) else forms[-1] if forms else ""


def _fields(text: str) -> set[tuple[str, str, str | None]]:
    """Return the placeholders of a brace format, each with its format and conversion."""
    parsed = Formatter().parse(text)
    return {(name, spec or "", how) for _text, name, spec, how in parsed if name is not None}


def _printf(text: str) -> list[str]:
    found = PRINTF.findall(text)
    return sorted(found) if "%(" in text else found


def _fixed(text: str) -> set[str]:
    return set(FIXED.findall(text))


def _lines(text: str) -> tuple[int, bool, bool]:
    return text.count("\n"), text[:1].isspace(), text[-1:].isspace()


def _set_locale(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def turkish(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak Turkish."""
    _set_locale(monkeypatch, TURKISH)


@pytest.fixture
def default_domain() -> Iterator[None]:
    """Give the default domain of `gettext` back after the test."""
    before = gettext.textdomain()
    yield
    gettext.textdomain(before)


@pytest.fixture
def in_turkish(
    dist_info: Callable[[Path], Path],
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `im-notify` in a process of its own that speaks Turkish."""
    path = (dist_info(ROOT / "pyproject.toml"), ROOT, ROOT / "plugins")

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "im_notify", *words],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), **TURKISH},
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )

    return command


def test_every_text_of_the_source_is_in_the_catalogue() -> None:
    """What the source says today, no more and no less, has an entry."""
    keywords = {**DEFAULT_KEYWORDS, "_mark": None}
    folders = (ROOT / "im_notify", ROOT / "plugins")

    found = {
        str(text)
        for folder in folders
        for _file, _line, text, *_rest in extract_from_dir(folder, keywords=keywords)
    }

    texts = set(_texts(_po("im_notify")))
    assert (sorted(found - texts), sorted(texts - found)) == ([], []), UPDATE


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_text_is_translated(domain: str) -> None:
    """Nothing is empty, in doubt or left over."""
    catalog = _po(domain)

    assert [one for one, told in _texts(catalog).items() if not told] == []
    assert [one.id for one in catalog if one.fuzzy] == []
    assert list(catalog.obsolete) == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_compiled_catalogue_is_the_current_one(domain: str) -> None:
    """What is installed says what can be read."""
    with (FOLDER / f"{domain}.mo").open("rb") as file:
        compiled = read_mo(file)

    assert _texts(compiled) == _texts(_po(domain)), COMPILE


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_catalogue_has_a_whole_header_and_a_stable_order(domain: str) -> None:
    """A change shows as that change: sorted texts, and no places in the source."""
    catalog = _po(domain)
    ids = [one.id[:1] if isinstance(one.id, tuple) else (one.id,) for one in catalog if one.id]

    assert (str(catalog.locale), catalog.charset, catalog.num_plurals) == ("tr", "utf-8", 1)
    assert ids == sorted(ids)
    assert [one.id for one in catalog if one.locations] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_translation_has_the_placeholders_of_its_text(domain: str) -> None:
    """The same values are put in, in the same form; %s have no names, so their order stays."""
    texts = _texts(_po(domain))

    assert [one for one, told in texts.items() if _fields(told) != _fields(one)] == []
    assert [one for one, told in texts.items() if _printf(told) != _printf(one)] == []


def test_a_translation_can_be_formatted() -> None:
    """No name is misspelt and no brace is left over; an example in TOML is no placeholder."""
    for text, translated in _texts(_po("im_notify")).items():
        values = {name: 1.5 if spec else "x" for name, spec, _how in _fields(text)}
        is_format = all(name.isidentifier() for name in values)

        assert not is_format or translated.format(**values)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_translation_keeps_what_is_typed_and_its_lines(domain: str) -> None:
    """Options, variables, codes and escapes are the same in every language."""
    texts = _texts(_po(domain))

    assert [one for one, told in texts.items() if _fixed(told) != _fixed(one)] == []
    assert [one for one, told in texts.items() if _lines(told) != _lines(one)] == []


@pytest.mark.parametrize(("environ", "is_turkish"), CHOICES)
def test_the_environment_chooses_the_language(
    environ: dict[str, str],
    is_turkish: bool,  # noqa: FBT001  a column of the table
    monkeypatch: pytest.MonkeyPatch,
    default_domain: None,
) -> None:
    """As in every program that uses GNU gettext; argparse speaks the same language."""
    del default_domain
    _set_locale(monkeypatch, environ)

    teach_argparse()

    assert _("the text is empty") == ("metin boş" if is_turkish else "the text is empty")
    assert gettext.gettext("options") == ("seçenekler" if is_turkish else "options")


@pytest.mark.usefixtures("turkish")
def test_a_text_without_a_translation_stays_english() -> None:
    """A plugin of somebody else may use `_` without harm."""
    assert _("no catalogue has this") == "no catalogue has this"


def test_english_loads_no_catalogue() -> None:
    """Most starts are English, and pay for neither `gettext` nor its files."""
    code = "import sys; from im_notify.i18n import _; _('x'); print('gettext' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "LANG": "en_US.UTF-8", "LANGUAGE": "en", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert done.stdout == "False\n"


@pytest.mark.usefixtures("turkish")
def test_an_error_is_turkish_and_its_json_keeps_its_words() -> None:
    """People read the text, scripts the keys."""
    out, err = io.StringIO(), io.StringIO()

    code = run([*SEND, "--json", ""], App(environ={}, stdout=out, stderr=err))

    assert code == 2
    assert err.getvalue() == "im-notify: metin boş\n"
    error = {"kind": "InvalidMessageError", "text": "metin boş"}
    assert json.loads(out.getvalue()) == {"error": error}


@pytest.mark.usefixtures("turkish")
def test_states_are_the_same_in_every_language(sandbox: Sandbox) -> None:
    """They are data: what a script compares with does not depend on who runs it."""
    out = io.StringIO()
    environ = {
        "IM_NOTIFY_BASE_URL": sandbox.base_url,
        "IM_NOTIFY_KEY": sandbox.settings.key,
        "IM_NOTIFY_HASH": sandbox.settings.hash,
    }

    run([*SEND, "--json", "disk dolu"], App(environ=environ, stdout=out))

    (order,) = json.loads(out.getvalue())["orders"]
    assert order["state"] == "waiting"
    assert order["recipients"] == [{"number": "+905301234567", "state": "waiting"}]


def test_help_is_turkish(in_turkish: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Also the words around ours, which are argparse's."""
    done = in_turkish("--help")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("kullanım: im-notify [-h]")
    assert {"seçenekler:", "konumsal argümanlar:"} <= set(done.stdout.splitlines())
    for said in ("mesaj gönderir", "eklentileri listeler", "bu yardımı gösterir ve çıkar"):
        assert said in done.stdout


def test_examples_and_wrong_arguments_are_turkish(
    in_turkish: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """The command in an example stays, what it says about itself does not."""
    helped, refused = in_turkish("report", "--help"), in_turkish("send")

    assert "örnekler:\n  im-notify report 312891245\n" in helped.stdout
    assert "çıkış kodları:\n  0 herkese iletildi" in helped.stdout
    assert refused.returncode == 2
    assert refused.stderr == "im-notify send: şu argümanlar gerekli: TEXT, --to\n"
