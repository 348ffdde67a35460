"""A number that nothing would be sent to is told before it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from im_notify.config import Config, load
from im_notify.config_numbers import refuse_wrong_numbers
from im_notify.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

LET_PASS = "; allow_foreign or allow_landline in [recipients] would let it pass"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("530123456", "too short"),
        ("5301234567, 53012345678", "too long"),
        ("5991234567", "no such number"),
        ("oncall", "not a number"),
        (",", "not a number"),
        ("+4915123456789", f"foreign number (+49){LET_PASS}"),
        ("02122334455", f"not a mobile number (landline){LET_PASS}"),
    ],
)
def test_what_cannot_be_texted_is_refused(typed: str, reason: str) -> None:
    """Contact, place and reason are told, the number is not."""
    config = Config(contacts={"bad": ("5301234567", typed)})

    with pytest.raises(ConfigError) as raised:
        refuse_wrong_numbers(config)

    assert str(raised.value) == f"[contacts.bad] number 2 cannot be texted: {reason}"


def test_every_number_is_told_with_its_line(tmp_path: Path) -> None:
    """In one go: who mends one should not find the next at the next start."""
    path = tmp_path / "config.toml"
    lines = ["[contacts.one]", 'numbers = ["530123456"]', "[contacts]", 'two = ["5301234567", "1"]']
    path.write_text("\n".join([*lines, "[groups]", 'all = ["one", "two"]']), "utf-8")

    with pytest.raises(ConfigError) as raised:
        refuse_wrong_numbers(load({}, path=str(path)))

    assert str(raised.value).splitlines() == [
        f"{path}:2: [contacts.one] number 1 cannot be texted: too short",
        f"{path}:4: [contacts.two] number 2 cannot be texted: too short",
    ]


@pytest.mark.parametrize(
    "config",
    [
        Config(),
        Config(contacts={"a": ("0530 123 45 67; +90 531 123 45 67", "5321234567")}),
        Config(contacts={"a": ("+4915123456789",)}, allow_foreign=True),
        Config(contacts={"a": ("02122334455",)}, allow_landline=True),
    ],
)
def test_what_is_sent_to_is_fine(config: Config) -> None:
    """In whatever spelling, and as far as the configuration allows."""
    refuse_wrong_numbers(config)
