from __future__ import annotations

import re
import timeit
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.text import Encoding, estimate
from im_notify.wording import Wording, short_id, word

ISTANBUL = ZoneInfo("Europe/Istanbul")
TURKISH = Wording(zone=ISTANBUL)
ENGLISH = Wording(zone=ISTANBUL, language="en")
AS_TOLD = Wording(zone=ISTANBUL, transliterate=False)
STATES = list(AlertState)
STATE_WORDS = {"KRT", "UYR", "BLG", "ONAY", "CRT", "WRN", "INF", "ACK", "OK"}

START = datetime(2026, 11, 21, 3, 32, 5, tzinfo=UTC)
DISK = Alert(
    source="probe",
    episode="db1/disk",
    state=AlertState.FIRING,
    severity=Severity.CRITICAL,
    object="db1.example.com",
    summary="/var diski %95 dolu",
    started_at=START,
)
HOSTS = [
    Alert(
        source="probe",
        episode=f"HostDown/web{number:02}",
        state=AlertState.FIRING,
        severity=Severity.WARNING if number % 5 else Severity.CRITICAL,
        object=f"web{number:02}.example.com:9100",
        summary=f"web{number:02} erişilemiyor (ping yok)",
        started_at=START - timedelta(minutes=10),
        labels={"alertname": "HostDown", "cluster": "istanbul"},
    )
    for number in range(40)
]

any_text = st.text(st.characters(), max_size=300) | st.sampled_from(
    [
        "",
        " \r\n",
        "\ud83d",
        "🔥" * 90,
        "word " * 500,
        "x" * 3000,
        "şüphe " * 60,
        "http://a/b?c=d",
        "[{~^|\\`€}]",
        "ｈｔｔｐ://x",  # noqa: RUF001  becomes a URL when made cheap
        "web1.example.com",
    ]
)
moments = st.datetimes(
    datetime(2026, 1, 2),  # noqa: DTZ001  hypothesis adds the zone
    datetime(2027, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, ISTANBUL, timezone(timedelta(hours=-12))]),
)
starts = st.none() | moments | st.datetimes(timezones=st.just(UTC))
labels = st.dictionaries(
    st.sampled_from(["alertname", "instance", "cluster", "truncated", "description"]) | any_text,
    any_text | st.sampled_from(["7", "-1", "²", "9" * 5000]),
    max_size=4,
)
any_alert = st.builds(
    Alert,
    source=any_text,
    episode=any_text,
    state=st.sampled_from(AlertState),
    severity=st.sampled_from(Severity),
    object=any_text,
    summary=any_text,
    started_at=starts,
    labels=labels,
)
any_wording = st.builds(
    Wording,
    language=st.sampled_from(["tr", "en"]),
    zone=st.sampled_from([UTC, ISTANBUL]),
    parts=st.integers(1, 3),
    transliterate=st.booleans(),
)


def _without_id(text: str) -> str:
    return re.sub(r" #[0-9a-f]{4}\b", "", text)


@pytest.mark.parametrize(
    ("state", "minutes", "turkish", "english"),
    [
        (AlertState.FIRING, 0, "KRT db1 {} 06:32", "CRT db1 {} 06:32"),
        (AlertState.FIRING, 4, "KRT db1 {} 06:32 4dk", "CRT db1 {} 06:32 4min"),
        (AlertState.FIRING, 3125, "KRT db1 {} 06:32 2g4sa5dk", "CRT db1 {} 06:32 2d4h5min"),
        (AlertState.ACKNOWLEDGED, 9, "ONAY db1 {} 06:32 9dk", "ACK db1 {} 06:32 9min"),
        (AlertState.RESOLVED, 14, "OK db1 {} 14dk", "OK db1 {} 14min"),
        (AlertState.RESOLVED, 120, "OK db1 {} 2sa", "OK db1 {} 2h"),
        (AlertState.RESOLVED, 0, "OK db1 {} 06:32", "OK db1 {} 06:32"),
        (AlertState.FIRING, -3, "KRT db1 {} 06:29", "CRT db1 {} 06:29"),
    ],
)
def test_one_alert_is_state_object_summary_time_and_id(
    state: AlertState, minutes: int, turkish: str, english: str
) -> None:
    """A clock ahead of ours makes no negative span, and the id stays the problem's own."""
    alert, at = replace(DISK, state=state), START + timedelta(minutes=minutes)

    texts = [word([alert], wording, at=at) for wording in (TURKISH, ENGLISH)]

    known = f" #{short_id(DISK, START)}"
    assert texts == [form.format(DISK.summary) + known for form in (turkish, english)]


@pytest.mark.parametrize(
    ("severity", "turkish", "english"),
    [
        (Severity.CRITICAL, "KRT", "CRT"),
        (Severity.WARNING, "UYR", "WRN"),
        (Severity.INFO, "BLG", "INF"),
    ],
)
def test_the_severity_comes_first(severity: Severity, turkish: str, english: str) -> None:
    """Three letters survive every preview of a lock screen."""
    alert = replace(DISK, severity=severity)

    assert word([alert], TURKISH, at=START).startswith(f"{turkish} db1 ")
    assert word([alert], ENGLISH, at=START).startswith(f"{english} db1 ")


@pytest.mark.parametrize(
    ("alerts", "expected"),
    [
        (HOSTS, "KRT HostDown istanbul: 40 alarm (8 kritik) web00,web05,web10 +37 06:22 10dk"),
        (HOSTS[1:3], "UYR HostDown istanbul: 2 alarm web01,web02 06:22 10dk"),
        (
            [replace(one, state=AlertState.RESOLVED) for one in HOSTS],
            "OK HostDown istanbul: 40 alarm web00,web05,web10 +37 10dk",
        ),
        (
            [replace(one, labels={}) for one in HOSTS],
            "KRT erisilemiyor (ping yok): 40 alarm (8 kritik) web00,web05,web10 +37 06:22 10dk",
        ),
        (
            [replace(HOSTS[1], labels={**HOSTS[1].labels, "truncated": "5"})],
            "UYR HostDown istanbul: 6 alarm web01 +5 06:22 10dk",
        ),
        (
            [replace(DISK, labels={"alertname": name}) for name in ("Disk", "Load", "Swap", "IO")],
            "KRT db1: 4 alarm Disk,Load,Swap +1 06:32",
        ),
        ([DISK, replace(DISK, episode="2")], "KRT db1 /var diski %95 dolu: 2 alarm 06:32"),
        (
            [replace(DISK, object="", summary=name) for name in ("Disk", "Load")],
            "KRT 2 alarm Disk,Load 06:32",
        ),
        (
            [
                replace(DISK, summary="disk dolu"),
                replace(HOSTS[1], severity=Severity.INFO, summary="yavaş", labels={}),
                HOSTS[2],
            ],
            "KRT 3 alarm (1 kritik, 1 uyari) db1 disk dolu,web02 HostDown,web01 yavas 06:22 10dk",
        ),
    ],
)
def test_several_alerts_become_one_line(alerts: list[Alert], expected: str) -> None:
    """What they share is said once, the worst are named, the others counted."""
    assert _without_id(word(alerts, TURKISH, at=START)) == expected


def test_alerts_of_several_states_are_all_told() -> None:
    """The most pressing state is told in full, the others are named behind it, the worst first."""
    resolved = [replace(one, state=AlertState.RESOLVED) for one in HOSTS[:3]]
    seen = replace(HOSTS[4], state=AlertState.ACKNOWLEDGED)

    text = word([*resolved, seen, DISK], TURKISH, at=START)

    known = f"06:32 #{short_id(DISK, START)}"
    assert text == f"KRT db1 /var diski %95 dolu {known} / ONAY web04 / OK web00,web01,web02"


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        (HOSTS[:1], "OK web00"),
        (HOSTS[:2], "OK web00,web01"),
        (HOSTS[:5], "OK web00,web01,web02 +2"),
        ([HOSTS[1], replace(HOSTS[1], episode="2")], "OK web01 +1"),
        ([replace(HOSTS[0], object="w" * 60), HOSTS[1]], f"OK {'w' * 60},web01"),
        ([replace(HOSTS[0], object="w" * 110), HOSTS[1]], "OK 2"),
        ([replace(HOSTS[1], object="w" * 107), HOSTS[2]], f"OK {'w' * 107} +1"),
        ([replace(HOSTS[0], object="", labels={}, summary="Yük")], "OK Yük"),
        ([replace(DISK, episode="2", summary="Yük")], "OK db1 Yük"),
    ],
)
def test_what_ended_is_named_behind_what_began(ended: list[Alert], expected: str) -> None:
    """As many as have room; an object that leads has its problem with it, and none is a count."""
    resolved = [replace(one, state=AlertState.RESOLVED) for one in ended]

    text = word([DISK, *resolved], TURKISH, at=START)

    known = f"KRT db1 /var diski %95 dolu 06:32 #{short_id(DISK, START)}"
    assert text == f"{known} / {expected}"
    assert estimate(text).parts == 1


def test_a_leading_alert_is_not_shortened_for_the_names_of_others() -> None:
    """What began counts for more than what ended."""
    text = word(
        [replace(DISK, summary="kelime " * 40), replace(HOSTS[0], state=AlertState.RESOLVED)],
        TURKISH,
        at=START,
    )

    assert re.fullmatch(r"KRT db1 (kelime )+kelime\.\.\. 06:32 #[0-9a-f]{4} / OK 1", text)


def test_the_end_of_a_group_has_the_id_of_its_beginning() -> None:
    """The one that began first names the group, in whatever order a source lists them."""
    later = [replace(one, started_at=START) for one in HOSTS[1:]]
    ended = [replace(one, state=AlertState.RESOLVED) for one in (*later, HOSTS[0])]

    first = word([HOSTS[0], *later], TURKISH, at=START)
    last = word(ended, TURKISH, at=START + timedelta(minutes=3))

    assert first[-6:] == last[-6:] == f" #{short_id(HOSTS[0], START)}"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("db1.example.com", "db1"),
        ("db1.local:9100", "db1"),
        ("db1", "db1"),
        ("www.example.com", "www.example.com"),
        ("https://user@shop.example.com:8443/health?token=1", "shop.example.com"),
        ("10.0.0.5", "10.0.0.5"),
        ("10.0.0.5:9100", "10.0.0.5"),
        ("2001:db8::15", "2001:db8::15"),
        ("Veritabanı 1", "Veritabani 1"),
        ("sda [raid]", "sda (raid)"),
    ],
)
def test_an_object_is_a_short_name(name: str, shown: str) -> None:
    """Domains and ports go, addresses stay whole, of a URL the host is what matters."""
    text = word([replace(DISK, object=name)], TURKISH, at=START)

    assert text.startswith(f"KRT {shown} /var diski")


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        ("db1 erişilemiyor", "erisilemiyor"),
        ("db1.example.com: erişilemiyor", "erisilemiyor"),
        ("db10 erişilemiyor", "db10 erisilemiyor"),
        ("db1-replica lag", "db1-replica lag"),
        ("disk\r\nfull\x00\u2028now", "disk full now"),
        ("🔥 hot: 21\u00b0C \u2265 20", "hot: 21C >= 20"),
        ("full, see: https://wiki.example.com/disk?x=1", "full, see"),
        ("{a|b} ~1 ^c `d`", "(a/b) -1 c 'd'"),
        ("сервер db2 упал", "server db2 upal"),
        ("サーバー停止", "sabaTingZhi"),
        ("الخادم لا يستجيب", "alkhadm la ystjyb"),
        ("השרת אינו מגיב", "hsrt aynv mgyv"),
        ("सर्वर बंद", "srvr bmd"),
        ("서버 응답 없음", "SeoBeo EungDab EobsEum"),
        ("đạt ngưỡng", "dat nguong"),
        ("٩٥ 🔥", "95"),
        ("disk \U00012000 dolu", "disk ? dolu"),
        ("🔥 1️⃣ 👩‍👧 🇹🇷 ✅ ok", "1 ok"),
        ("Ağır yük, vidéo á", "Agir yük, vidéo a"),
    ],
)
def test_a_summary_is_made_cheap(summary: str, shown: str) -> None:
    """One line of GSM 7-bit without escapes, and the object is not said twice."""
    text = word([replace(DISK, summary=summary)], TURKISH, at=START)

    assert _without_id(text) == f"KRT db1 {shown} 06:32"


def test_characters_stay_where_they_may() -> None:
    """Without transliteration even signs that need UCS-2 are sent, invisible ones are not."""
    text = word([replace(DISK, summary="ısı 🔥\u202e\ud83d [80]")], AS_TOLD, at=START)

    assert _without_id(text) == "KRT db1 ısı 🔥 (80) 06:32"


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        ({"alertname": "DiskFull", "instance": "db7:9100"}, "KRT db7 DiskFull"),
        ({"description": "disk dolu"}, "KRT disk dolu"),
        ({"severity": "critical", "team": "db", "job": "node"}, "KRT db node"),
        ({}, "KRT probe"),
    ],
)
def test_what_is_not_told_comes_from_labels_or_the_source(
    labels: dict[str, str], shown: str
) -> None:
    """An alert without summary and object still says something."""
    alert = replace(DISK, summary="🔥 https://example.com", object="", labels=labels)

    assert _without_id(word([alert], TURKISH, at=START)) == f"{shown} 06:32"


def test_a_long_summary_is_cut_at_a_word() -> None:
    """Object, time and id stay whole behind it."""
    text = word([replace(DISK, summary="kelime " * 90)], TURKISH, at=START)

    assert re.fullmatch(r"KRT db1 (kelime )+kelime\.\.\. 06:32 #[0-9a-f]{4}", text)
    assert estimate(text).remaining < len("kelime ")


@pytest.mark.parametrize(
    ("name_length", "expected"),
    [
        (35, "UYR {kind} istanbul: 4 alarm {a},{b},{c} +1"),
        (50, "UYR {kind} istanbul: 4 alarm {a},{b} +2"),
        (80, "UYR {kind} istanbul: 4 alarm {a} +3"),
        (120, "UYR {kind} istanbul: 4 alarm"),
    ],
)
def test_names_are_given_up_one_by_one(name_length: int, expected: str) -> None:
    """A group that is too long counts those whose name has no room."""
    names = [letter * name_length for letter in "abcd"]
    alerts = [replace(HOSTS[1], object=name, episode=name) for name in names]

    text = word(alerts, TURKISH, at=START - timedelta(minutes=10))

    shown = expected.format(kind="HostDown", **dict(zip("abcd", names, strict=True)))
    assert _without_id(text) == f"{shown} 06:22"


def test_the_count_of_severities_goes_before_names() -> None:
    """The severity of the worst is the first word anyway."""
    alerts = [replace(one, object=one.object[:5] + "x" * 26) for one in HOSTS]

    text = word(alerts, TURKISH, at=START)

    assert "kritik" not in text
    assert text.count("x" * 26) == 3


def test_the_place_goes_last_and_the_rule_is_cut_then() -> None:
    """The count stays even behind a name that fills the text."""
    labels = {"alertname": "HostDown " * 30, "cluster": "istanbul"}

    text = word([replace(one, labels=labels) for one in HOSTS], TURKISH, at=START)

    assert re.fullmatch(r"KRT (HostDown )+HostDown\.\.\. 40 alarm 06:22 10dk #[0-9a-f]{4}", text)


def test_a_flapping_problem_is_three_texts() -> None:
    """Down, up and down again, each minutes apart and with the same beginning told."""
    changes = [(AlertState.FIRING, 0), (AlertState.RESOLVED, 3), (AlertState.FIRING, 6)]

    texts = {
        word([replace(DISK, state=state)], TURKISH, at=START + timedelta(minutes=minutes))
        for state, minutes in changes
    }

    assert len(texts) == 3


@given(alert=any_alert, wording=any_wording, at=moments, later=st.integers(0, 10), states=st.data())
def test_another_minute_or_state_is_another_text(
    alert: Alert, wording: Wording, at: datetime, later: int, states: st.DataObject
) -> None:
    """Within the ten minutes in which the provider takes an equal text for a repeat."""
    other_state = states.draw(st.sampled_from(STATES if later else _others(alert.state)))
    other = replace(alert, state=other_state)

    first = word([alert], wording, at=at)
    second = word([other], wording, at=at.astimezone(UTC) + timedelta(minutes=later))

    assert first != second


def _others(state: AlertState) -> list[AlertState]:
    return [one for one in STATES if one is not state]


@given(alerts=st.lists(any_alert, min_size=1, max_size=6), wording=any_wording, at=moments)
@example([replace(DISK, object="a " * 90, summary="")], AS_TOLD, START)
@example([replace(DISK, object="ж" * 90, summary="b")] * 2, AS_TOLD, START)
def test_a_text_fits_whatever_alerts_hold(
    alerts: list[Alert], wording: Wording, at: datetime
) -> None:
    """State first, id last, one line, no URL, no dear brackets; cheap where asked for."""
    text = word(alerts, wording, at=at)

    found = estimate(text)
    assert found.parts <= wording.parts
    assert re.split(r"\W", text, maxsplit=1)[0] in STATE_WORDS
    assert re.search(r" #[0-9a-f]{4}( / (ONAY|ACK|OK) \S.*)*$", text)
    assert text.isprintable() or not wording.transliterate
    assert text.encode()
    assert not re.search(r"https?://|[\[\]{}~^|\\\x00-\x1f]", text, re.IGNORECASE)
    assert found.encoding is Encoding.GSM or not wording.transliterate


@given(
    leading=st.lists(any_alert, min_size=1, max_size=3),
    ended=st.lists(any_alert, min_size=1, max_size=5),
    wording=any_wording,
    at=moments,
)
def test_names_of_what_ended_take_nothing_from_what_began(
    leading: list[Alert], ended: list[Alert], wording: Wording, at: datetime
) -> None:
    """Up to the id the text is that in which the ends are counted, and it takes no more parts."""
    firing = [replace(one, state=AlertState.FIRING) for one in leading]
    resolved = [replace(one, state=AlertState.RESOLVED) for one in ended]
    too_long = [replace(one, object="x" * 500) for one in resolved]

    text = word([*firing, *resolved], wording, at=at)
    counted = word([*firing, *too_long], wording, at=at)

    head, _ok, count = counted.rpartition(" / OK ")
    assert count == str(len(ended))
    assert text.startswith(f"{head} / OK ")
    assert estimate(text).parts <= estimate(counted).parts


@given(
    signs=st.text(st.characters(categories=["P", "S", "M", "Cf"]), max_size=40),
    letter=st.characters(categories=["L"]),
    where=st.integers(0, 40),
    named=st.sampled_from(["object", "summary"]),
    wording=any_wording,
)
@example("", "\U00012000", 0, "summary", TURKISH)
@example("", "\u044c", 0, "object", TURKISH)
@example("🔥", "ー", 1, "summary", TURKISH)
def test_a_letter_of_whatever_script_is_told(
    signs: str, letter: str, where: int, named: str, wording: Wording
) -> None:
    """Nobody is woken up by a text that does not say what for."""
    nothing = replace(DISK, object="", summary="", labels={})
    told = signs[:where] + letter + signs[where:]

    text = word([replace(nothing, **{named: told})], wording, at=START)  # type: ignore[arg-type]

    assert text != word([nothing], wording, at=START)
    assert estimate(text).parts <= wording.parts
    assert estimate(text).encoding is Encoding.GSM or not wording.transliterate


@given(alert=any_alert, name=st.text("abcdef", min_size=1, max_size=30), at=moments)
def test_the_object_is_never_shortened_while_it_has_room(
    alert: Alert, name: str, at: datetime
) -> None:
    """Whatever the summary is, 30 letters stay whole in one part."""
    alone = replace(alert, object=name, labels={})

    text = word([alone], TURKISH, at=at)

    assert re.match(rf"\w+ {name}[ .]", text)


@given(alert=any_alert, at=moments)
def test_an_id_depends_on_the_episode_and_its_minute_alone(alert: Alert, at: datetime) -> None:
    """Four hexadecimal digits, equal for what differs between two tellings of one problem."""
    told_again = replace(alert, summary="x", state=AlertState.RESOLVED, labels={}, group="g")

    found = short_id(alert, at)

    assert re.fullmatch("[0-9a-f]{4}", found)
    assert short_id(told_again, at) == found


def test_ids_of_other_episodes_sources_and_minutes_differ() -> None:
    """Seconds do not count: the members of a pair differ by them."""
    minute_later, second_later = START + timedelta(minutes=1), START + timedelta(seconds=1)
    others = [
        replace(DISK, source="other"),
        replace(DISK, episode="other"),
        replace(DISK, started_at=minute_later),
    ]

    ids = {short_id(one, START) for one in [DISK, *others]}

    assert len(ids) == 4
    assert short_id(replace(DISK, started_at=second_later), START) == short_id(DISK, START)


def test_a_beginning_that_cannot_be_is_not_told() -> None:
    """The year 1 is what some programs send for `unknown`; a time without a zone says little."""
    # the second has no zone on purpose
    wrong = [datetime.min.replace(tzinfo=UTC), datetime(2026, 11, 21, 3, 0)]  # noqa: DTZ001

    texts = {word([replace(DISK, started_at=one)], TURKISH, at=START) for one in [*wrong, None]}

    assert {_without_id(text) for text in texts} == {"KRT db1 /var diski %95 dolu 06:32"}
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"language": "de"}, "no words for 'de': use tr or en"), ({"parts": 0}, "at least one part")],
)
def test_a_wording_that_cannot_be_is_refused(wrong: dict[str, object], said: str) -> None:
    """At start, not when the first alert comes."""
    with pytest.raises(ValueError, match=said):
        replace(TURKISH, **wrong)  # type: ignore[arg-type]  # rows of the table differ


@pytest.mark.parametrize(("alerts", "limit"), [([DISK], 100e-6), (HOSTS, 2e-3)])
def test_wording_is_quick(alerts: list[Alert], limit: float) -> None:
    """Seconds a text; it is made while a sender waits for its answer."""
    taken = min(timeit.repeat(lambda: word(alerts, TURKISH, at=START), number=20, repeat=10)) / 20

    assert taken < limit
