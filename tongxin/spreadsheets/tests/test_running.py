"""Checking and importing in bites: killed midway, by two workers, forgotten in time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from tongxin.accounts.models import Notice
from tongxin.orgs.models import Membership, Person
from tongxin.orgs.sheets import MemberSheet
from tongxin.orgs.tests.test_sheets_members import HEADER, number, row
from tongxin.spreadsheets import actions
from tongxin.spreadsheets.models import ImportBlock, SavedMapping, SheetImport
from tongxin.testing import NOON, World

from .making import take_in, xlsx


def people(many: int) -> list[list]:
    return [HEADER, *(row(f"人{n}", number(serial=f"{n:03}")) for n in range(many))]


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of two rows, and nothing small enough for a page."""
    monkeypatch.setattr("tongxin.spreadsheets.blocks.SIZE", 2)
    monkeypatch.setattr("tongxin.spreadsheets.actions.running.AT_ONCE", 0)
    monkeypatch.setattr("tongxin.spreadsheets.actions.running.QUICK", 0)


def handed_in(by, many: int) -> SheetImport:
    taken = actions.upload_sheet(
        sheet="members", data=xlsx(people(many)), name="名册.xlsx", by=by, at=NOON
    )
    taken = actions.choose_columns(taken=taken, mapping=taken.mapping, at=NOON)
    return actions.work_off(taken=taken, at=NOON)


def run_dry(taken: SheetImport) -> SheetImport:
    while actions.run_imports(at=NOON):
        pass
    taken.refresh_from_db()
    return taken


def test_a_large_file_is_left_to_the_worker_and_its_keeper_told(world, small_blocks):
    taken = handed_in(world.qin, 5)
    assert (taken.state, taken.total) == ("checking", 0)
    assert run_dry(taken).state == "ready"
    taken = actions.work_off(
        taken=actions.confirm_import(taken=taken, by=world.qin, at=NOON), at=NOON
    )
    assert taken.state == "running"
    assert run_dry(taken).outcome == {"new": 5}
    assert Notice.objects.filter(user=world.qin, url=f"/sheets/{taken.pk}/").count() == 2


def test_killed_midway_it_goes_on_where_it_was_without_doubling(world, small_blocks, monkeypatch):
    before = Person.objects.count()
    taken = run_dry(handed_in(world.qin, 6))
    actions.confirm_import(taken=taken, by=world.qin, at=NOON)
    whole = MemberSheet.apply

    def dies_in_the_second_block(self, rows, job):
        whole(self, rows, job)
        if any(one.line == 5 for one in rows):
            raise KeyboardInterrupt

    monkeypatch.setattr(MemberSheet, "apply", dies_in_the_second_block)
    with pytest.raises(KeyboardInterrupt):
        run_dry(taken)
    taken.refresh_from_db()
    assert (taken.state, taken.blocks_done, Person.objects.count()) == ("running", 1, before + 2)
    monkeypatch.setattr(MemberSheet, "apply", whole)
    assert run_dry(taken).outcome == {"new": 6}
    assert Person.objects.count() == before + 6


def test_a_fault_of_ours_is_tried_again_and_then_said(world, small_blocks, monkeypatch):
    def breaks(self, rows, job):
        raise RuntimeError("broken")

    monkeypatch.setattr(MemberSheet, "apply", breaks)
    taken = run_dry(handed_in(world.qin, 3))
    actions.confirm_import(taken=taken, by=world.qin, at=NOON)
    taken = run_dry(taken)
    assert (taken.state, taken.outcome) == ("failed", {})
    assert "系统出错" in taken.trouble
    assert not Membership.objects.filter(person__name="人0").exists()


def test_what_changed_between_preview_and_import_is_judged_again(world, small_blocks):
    taken = run_dry(handed_in(world.qin, 2))
    person = Membership.objects.get(pk=world.wang_member.pk).person
    from tongxin.accounts.queries import sealer

    person.identity_index = sealer().index(number(serial="000"))
    person.save(update_fields=["identity_index"])
    actions.confirm_import(taken=taken, by=world.qin, at=NOON)
    assert run_dry(taken).outcome == {"bad": 1, "new": 1}


def test_undo_of_many_blocks_is_all_or_nothing(world, small_blocks, monkeypatch):
    taken = run_dry(handed_in(world.qin, 6))
    actions.confirm_import(taken=taken, by=world.qin, at=NOON)
    run_dry(taken)
    actions.undo_import(taken=taken, by=world.qin, at=NOON)
    Person.objects.filter(name="人0").update(occupation="教师")  # in the block that goes last
    taken = run_dry(taken)
    assert taken.state == "done"
    assert "第 2 行" in taken.trouble
    assert Person.objects.filter(name__startswith="人").count() == 6


def test_an_empty_file_is_said_to_be(world, small_blocks):
    taken = run_dry(handed_in(world.qin, 0))
    assert (taken.state, taken.trouble) == ("failed", "表头下面没有内容，请至少填写一行")


def test_uploads_are_forgotten_a_month_after_the_decision(world):
    taken = take_in("members", people(2), world.qin)
    file = taken.file
    with default_storage.open(file) as stored:
        assert stored.read().startswith(b"s1.")  # sealed at rest
    assert actions.forget_uploads(at=NOON + timedelta(days=29)) == 0
    assert actions.forget_uploads(at=NOON + timedelta(days=31)) == 1
    taken.refresh_from_db()
    assert not default_storage.exists(file)
    assert not ImportBlock.objects.filter(source=taken).exists()
    assert taken.outcome == {"new": 2}  # who imported how much stays
    with pytest.raises(actions.CannotUndo, match="保留期"):
        actions.undo_import(taken=taken, by=world.qin, at=NOON)
    assert SavedMapping.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_import_every_row_once(monkeypatch):
    monkeypatch.setattr("tongxin.spreadsheets.blocks.SIZE", 3)
    monkeypatch.setattr("tongxin.spreadsheets.actions.running.AT_ONCE", 0)
    world = World().build()
    before = Person.objects.count()
    taken = run_dry(handed_in(world.qin, 40))
    actions.confirm_import(taken=taken, by=world.qin, at=NOON)

    def work(_number: int) -> None:
        try:
            while SheetImport.objects.filter(state="running").exists():
                actions.run_imports(at=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    taken.refresh_from_db()
    assert (taken.state, taken.outcome) == ("done", {"new": 40})
    assert Person.objects.count() == before + 40
