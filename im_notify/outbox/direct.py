"""Runs statements that never change straight on the driver: their text is made once a connection.

For what every accept, order and report does; the rest of SQLAlchemy's work for an execution costs
ten times what SQLite takes for it. The statements are constants of SQLAlchemy Core, so they suit
any database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Delete, Insert, Select, Update
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

    Values = Mapping[str, object]
    _Statement: TypeAlias = Delete | Insert | Select[Any] | Update


def fetch(connection: Connection, select: Select[Any], values: Values) -> Sequence[tuple[Any, ...]]:
    """Return all rows; the names of `values` are those of the statement's bind parameters."""
    return _run(connection, select, values).fetchall()


def change(connection: Connection, statement: Delete | Update, values: Values) -> int:
    """Update or delete rows, return how many; `values` names every bind parameter."""
    return _run(connection, statement, values).rowcount


def add(connection: Connection, insert: Insert, values: Values) -> None:
    """Insert one row; `values` names columns, whose defaults in Python are not looked at."""
    _run(connection, insert, values)


def add_all(connection: Connection, insert: Insert, rows: Sequence[Values]) -> None:
    """Insert rows that name the same columns; there may be none."""
    if rows:
        _run(connection, insert, rows[0], rows)


def begin(connection: Connection, text: str) -> None:
    """Begin a transaction by this statement."""
    _execute(connection, text, {})


def add_numbered(connection: Connection, insert: Insert, values: Values) -> int:
    """Insert one row and return what the statement returns of it, a number."""
    (row,) = _run(connection, insert, values).fetchall()
    number: int = row[0]
    return number


def _run(
    connection: Connection,
    statement: _Statement,
    values: Values,
    rows: Sequence[Values] | None = None,
) -> DBAPICursor:
    texts, key = connection.info, (statement, *values)
    text = texts.get(key) or texts.setdefault(key, _text(connection, statement, values))
    return _execute(connection, text, values, rows)


def _execute(
    connection: Connection, text: str, values: Values, rows: Sequence[Values] | None = None
) -> DBAPICursor:
    # past the pool's wrapper of the connection, which makes one of the cursor, too
    cursor = cast("DBAPIConnection", connection.connection.dbapi_connection).cursor()
    try:
        if rows is None:
            cursor.execute(text, values)
        else:
            cursor.executemany(text, rows)
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(text, None, error) from error  # without the values: they hold texts
    return cursor


def _text(connection: Connection, statement: _Statement, values: Values) -> str:
    columns = None if statement.is_select else list(values)
    return str(statement.compile(connection.engine, column_keys=columns))
