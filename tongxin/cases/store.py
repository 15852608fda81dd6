"""The few statements every step makes, written once per process instead of compiled each time.

The ORM builds the same SQL anew at every call, which costs several times what the database needs
for it. What is here is what it would build, prepared from the models' own fields, for both
databases; a test holds it against the ORM.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Field, JSONField, Model

from tongxin.accounts.queries import run

from .models import Case, Event

Row = TypeVar("Row", bound=Model)


def insert(row: Row) -> Row:
    """Insert a row whose values are all set; give it the key the database makes, if it makes one."""
    sql, values, makes_key = _insertion(row, connection.vendor)
    found = run(sql, values)
    if makes_key:
        [(row.pk,)] = found.fetchall()
    _mark_stored(row)
    return row


def insert_both(case: Case, event: Event) -> None:
    """Insert a case and its first event: one trip to PostgreSQL, two statements on SQLite."""
    if (vendor := connection.vendor) == "postgresql":
        sql, values, _no_key = _insertion(case, vendor)
        _with_event(sql, values, event)
        _mark_stored(case)
    else:
        insert(case)
        insert(event)


def update_with_event(case: Case, names: Sequence[str], event: Event) -> None:
    """Write fields of a case and the event that changed them: one trip to PostgreSQL."""
    if (vendor := connection.vendor) == "postgresql":
        sql, readers = _update_plan(Case, vendor, tuple(names))
        _with_event(sql, [read(case.__dict__) for read in readers], event)
    else:
        update(case, names)
        insert(event)


def _with_event(sql: str, values: list[Any], event: Event) -> None:
    then, more, _has_key = _insertion(event, connection.vendor)
    [(event.pk,)] = run(f"WITH done AS ({sql}) {then}", values + more).fetchall()
    _mark_stored(event)


def _mark_stored(row: Model) -> None:
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def query(sql: str, params: Sequence[Any]) -> list[tuple]:
    """Return the rows of a statement that is written out because every step makes it."""
    return run(sql, params).fetchall()


def locking() -> str:
    """Return the end of a SELECT that locks its rows; SQLite locks at BEGIN IMMEDIATE."""
    return " FOR UPDATE" if connection.features.has_select_for_update else ""


def update(row: Model, names: Sequence[str]) -> int:
    """Write some fields of a row, by its key; return how many rows there were (1 or 0)."""
    sql, readers = _update_plan(type(row), connection.vendor, tuple(names))
    values = row.__dict__
    return run(sql, [read(values) for read in readers]).rowcount


def lock_case(pk: Any) -> Case | None:
    """Return a case with its row locked to the end of the transaction; None if there is none."""
    columns, table = _case_columns(connection.vendor), _name(Case._meta.db_table)
    rows = query(f"SELECT {columns} FROM {table} WHERE id = %s{locking()}", [case_key(pk)])  # noqa: S608
    return case_from(rows[0]) if rows else None


# What stands around a case: names, and whether it has children and evidence.
AROUND = """
    SELECT {columns}, reporter.name, holder.name, offeree.name, handler.name,
           EXISTS (SELECT 1 FROM cases_case AS child WHERE child.parent_id = cases_case.id),
           EXISTS (SELECT 1 FROM cases_evidence AS one WHERE one.case_id = cases_case.id)
    FROM cases_case
    LEFT JOIN accounts_user AS reporter ON reporter.id = cases_case.reporter_id
    LEFT JOIN accounts_user AS holder ON holder.id = cases_case.holder_id
    LEFT JOIN accounts_user AS offeree ON offeree.id = cases_case.offeree_id
    LEFT JOIN orgs_org AS handler ON handler.id = cases_case.handler_id
    WHERE {where}
"""


@dataclass(frozen=True, slots=True)
class Around:
    """The names of the people of a case, and whether it has children and evidence."""

    reporter: str | None
    holder: str | None
    offeree: str | None
    handler: str | None
    has_children: bool
    has_evidence: bool


def read_case(*, pk: Any = None, number: str = "") -> tuple[Case, Around] | None:
    """Return a case by its id or number, with what stands around it, by one statement."""
    where = "cases_case.number = %s" if number else "cases_case.id = %s"
    columns = _case_columns(connection.vendor)
    rows = query(AROUND.format(columns=columns, where=where), [number or case_key(pk)])
    if not rows:
        return None
    size = len(Case._meta.concrete_fields)
    return case_from(rows[0][:size]), Around(*rows[0][size:])


def case_from(row: Sequence[Any]) -> Case:
    """Return the case of a row that holds all its columns as the driver gave them."""
    values = list(row)
    for place, convert in _case_converters(connection.vendor):
        values[place] = convert(values[place])
    return Case.from_db(DEFAULT_DB_ALIAS, _case_names(), values)


@cache
def _case_names() -> list[str]:
    return [field.attname for field in Case._meta.concrete_fields]


def case_key(pk: Any) -> Any:
    """Return a case's id as the driver takes it."""
    return Case._meta.pk.get_db_prep_value(pk, connection)


@cache
def _case_columns(vendor: str) -> str:
    table = _name(Case._meta.db_table)
    return ", ".join(f"{table}.{_name(field.column)}" for field in Case._meta.concrete_fields)


@cache
def _case_converters(vendor: str) -> list[tuple[int, Callable]]:
    fields = enumerate(Case._meta.concrete_fields)
    return [(n, convert) for n, field in fields if (convert := _converter(field))]


def _converter(field: Field) -> Callable[[Any], Any] | None:
    """Return what turns the driver's value into the field's; None: it is that already."""
    column = field.get_col(field.model._meta.db_table)
    steps = connection.ops.get_db_converters(column) + column.get_db_converters(connection)

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert if steps else None


def _insertion(row: Model, vendor: str) -> tuple[str, list[Any], bool]:
    """Return the statement that inserts a row, its values, and whether the database makes its key.

    What is null is left out: the driver keeps no statement of more than fifty values in mind.
    """
    values = row.__dict__
    model = type(row)
    unset = tuple([name for name in _nullable(model) if values[name] is None])
    sql, readers, makes_key = _insert_plan(model, vendor, unset)
    return sql, [read(values) for read in readers], makes_key


@cache
def _nullable(model: type[Model]) -> list[str]:
    return [f.attname for f in model._meta.concrete_fields if f.null and not f.primary_key]


@cache
def _insert_plan(
    model: type[Model], vendor: str, unset: tuple[str, ...]
) -> tuple[str, list[Callable], bool]:
    key = model._meta.pk
    makes_key = key.get_internal_type() == "BigAutoField"
    fields = [
        field
        for field in model._meta.concrete_fields
        if not (makes_key and field.primary_key) and field.attname not in unset
    ]
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
    fields: list[Any] = [model._meta.get_field(name) for name in names]
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


def _name(column: str | None) -> str:
    return connection.ops.quote_name(column or "")
