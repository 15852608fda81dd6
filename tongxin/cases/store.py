"""The few statements every step makes, written once per process instead of compiled each time.

The ORM builds the same SQL anew at every call, which costs several times what the database needs
for it. What is here is what it would build, prepared from the models' own fields, for both
databases; a test holds it against the ORM.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Field, JSONField, Model

from .models import Case

Row = TypeVar("Row", bound=Model)


def insert(row: Row) -> Row:
    """Insert a row whose values are all set; give it the key the database makes, if it makes one."""
    sql, readers, makes_key = _insert_plan(type(row), connection.vendor)
    values = row.__dict__
    with connection.cursor() as cursor:
        cursor.execute(sql, [read(values) for read in readers])
        if makes_key:
            (row.pk,) = cursor.fetchone()
    row._state.adding, row._state.db = False, connection.alias
    return row


def update(row: Model, names: Sequence[str]) -> int:
    """Write some fields of a row, by its key; return how many rows there were (1 or 0)."""
    sql, readers = _update_plan(type(row), connection.vendor, tuple(names))
    values = row.__dict__
    with connection.cursor() as cursor:
        cursor.execute(sql, [read(values) for read in readers])
        return cursor.rowcount


def lock_case(pk: Any) -> Case | None:
    """Return a case with its row locked to the end of the transaction; None if there is none."""
    return next(iter(Case.objects.raw(_lock_plan(connection.vendor), [_key(pk)])), None)


def _key(pk: Any) -> Any:
    return Case._meta.pk.get_db_prep_value(pk, connection)


@cache
def _lock_plan(vendor: str) -> str:
    columns = ", ".join(_name(field.column) for field in Case._meta.concrete_fields)
    tail = " FOR UPDATE" if vendor == "postgresql" else ""  # SQLite locks at BEGIN IMMEDIATE
    return f"SELECT {columns} FROM {_name(Case._meta.db_table)} WHERE id = %s{tail}"  # noqa: S608


@cache
def _insert_plan(model: type[Model], vendor: str) -> tuple[str, list[Callable], bool]:
    key = model._meta.pk
    makes_key = key.get_internal_type() == "BigAutoField"
    fields = [f for f in model._meta.concrete_fields if not (makes_key and f.primary_key)]
    columns = ", ".join(_name(field.column) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    table = _name(model._meta.db_table)
    sql = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608
    if makes_key:
        sql += f" RETURNING {_name(key.column)}"
    return sql, [_reader(field, vendor) for field in fields], makes_key


@cache
def _update_plan(
    model: type[Model], vendor: str, names: tuple[str, ...]
) -> tuple[str, list[Callable]]:
    fields = [model._meta.get_field(name) for name in names]
    sets = ", ".join(f"{_name(field.column)} = %s" for field in fields)
    key = model._meta.pk
    sql = f"UPDATE {_name(model._meta.db_table)} SET {sets} WHERE {_name(key.column)} = %s"  # noqa: S608
    return sql, [_reader(field, vendor) for field in (*fields, key)]


def _reader(field: Field, vendor: str) -> Callable[[dict], Any]:
    """Return what turns a row's own value into what the driver takes."""
    name = field.attname
    if vendor == "postgresql" and not isinstance(field, JSONField):
        return lambda values: values[name]  # the driver knows uuid, time, interval and text
    return lambda values: field.get_db_prep_save(values[name], connection)


def _name(column: str) -> str:
    return connection.ops.quote_name(column)
