from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, inspect

from im_notify.models import Status
from im_notify.outbox import reading, schema
from im_notify.outbox.database import Database

if TYPE_CHECKING:
    from sqlalchemy.engine import Inspector
    from sqlalchemy.engine.interfaces import ReflectedIndex

DUMPS = Path(__file__).parents[1] / "fixtures"


def shape(inspector: Inspector) -> dict[str, object]:
    """Return columns and indexes of every table; the order of columns does not matter."""
    return {
        table: (
            sorted((one["name"], bool(one["nullable"])) for one in inspector.get_columns(table)),
            sorted(
                (str(one["name"]), one["column_names"], partial(one))
                for one in inspector.get_indexes(table)
            ),
        )
        for table in inspector.get_table_names()
    }


def partial(index: ReflectedIndex) -> str:
    """Return which rows an index is of, nothing if it is of all."""
    return str(index.get("dialect_options", {}).get("sqlite_where", ""))


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_database_of_an_older_version_becomes_like_a_new_one(
    tmp_path: Path, version: int
) -> None:
    """Tables, columns and indexes are the same, and what was stored is still there."""
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.executescript((DUMPS / f"outbox-{version}.sql").read_text("utf-8"))

    migrated = Database(f"sqlite:///{tmp_path}/old.db")
    Database(f"sqlite:///{tmp_path}/new.db").close()
    found = migrated.read(lambda c: reading.stored(c, "abcdefghjkmn"))
    migrated.close()
    Database(f"sqlite:///{tmp_path}/old.db").close()  # a second time changes nothing

    engines = [create_engine(f"sqlite:///{tmp_path}/{name}.db") for name in ("old", "new")]
    shapes = [shape(inspect(engine)) for engine in engines]
    for engine in engines:
        engine.dispose()
    assert found is not None
    assert (found.status, found.contact, len(found.deliveries)) == (Status.WAITING, "oncall", 2)
    assert shapes[0] == shapes[1]
    assert shapes[1].keys() == schema.metadata.tables.keys()
