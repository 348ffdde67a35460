"""The whole configuration among the examples is whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from im_notify.config import load
from im_notify.relay_config import relay_of
from im_notify.relay_settings import ENTRIES, HEARTBEAT, RELAY, RUNG, STORM

EXAMPLE = Path(__file__).parents[1] / "examples" / "relay.toml"
#: sections, and examples, that stand behind a mark of comment
_COMMENTED = re.compile(r"^# ([a-z_]+ = |\[)", re.MULTILINE)


def sections() -> dict[str, str]:
    """Return what stands under each section, by its first word, commented out or not."""
    text = EXAMPLE.read_text("utf-8")
    parts = re.split(r"^(?:# )?\[([a-z_]+)[^\]\n]*\]", text, flags=re.MULTILINE)
    found: dict[str, str] = {}
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        found[name] = found.get(name, "") + body
    return found


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ("relay", RELAY),
        ("storm", STORM),
        ("heartbeat", HEARTBEAT),
        ("contacts", RUNG),
        *ENTRIES.items(),
    ],
)
def test_every_key_stands_there(section: str, keys: dict[str, object]) -> None:
    """Nobody has to read the source to find a setting; a file instead of a secret counts."""
    told = sections()[section]

    wanted = [key for key in keys if not key.endswith("_file") or key == "ca_file"]
    missing = [key for key in wanted if not re.search(rf"\b{key}\b", told)]

    assert missing == []


def test_what_is_commented_out_may_be_used(tmp_path: Path) -> None:
    """Every line without its mark is a configuration, too, as far as its words are not dots."""
    text = EXAMPLE.read_text("utf-8").replace('"..."', '"word"')
    lines = _COMMENTED.sub(r"\1", text).splitlines()
    kept = [line for line in lines if not line.startswith(("hmac_secret_file", 'template = "word'))]
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text("\n".join(kept), "utf-8")

    relay = relay_of(load({}, path=str(path)))

    assert relay.heartbeat is not None
    assert relay.write_back["events"].kind == "zabbix"
    assert relay.hooks["tickets"].map["object"] == "host.name"


def test_what_is_commented_out_is_the_default(tmp_path: Path) -> None:
    """With and without its marks, storms and times are the same."""
    plain, whole = tmp_path / "plain.toml", tmp_path / "whole.toml"
    text = EXAMPLE.read_text("utf-8")
    for path in (plain, whole):
        path.touch(mode=0o600)
    plain.write_text(text, "utf-8")
    keys = r"# ((?:parts|transliterate|lifetime|repeat|recovery|keep|log|max_body|credit_low|stale"
    keys += r"|unreachable|enabled|gather|limits|digest|daily_parts|mode|wait|style|status|repairs"
    keys += r"|add_time|raw_numbers) = |\[storm\])"
    whole.write_text(re.sub(rf"^{keys}", r"\1", text, flags=re.MULTILINE), "utf-8")

    assert relay_of(load({}, path=str(whole))) == relay_of(load({}, path=str(plain)))
