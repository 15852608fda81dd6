"""Bringing up a problem of a project or an enterprise, and what its owner says to it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move, open_case
from tongxin.cases.actions.evidence import prepare_evidence
from tongxin.cases.models import Case, Event, Evidence
from tongxin.kit.errors import Invalid, NotFound, NotPermitted

from ..links import SALT
from ..models import (
    AllianceProject,
    ApprovalItem,
    Enterprise,
    EnterpriseProblem,
    ProblemType,
    ProjectProblem,
)
from ..queries.parts import keeps_park, runs_project, speaks_for, speaks_for_enterprise
from .approvals import DATA, SAMPLE
from .common import OverAlready, must

OWNER = frozenset({"owner"})


class LinkWrong(NotFound):
    """The link is not one of ours."""


def load_types() -> int:
    """Bring in the sample types of problems that are not there yet; return how many are new."""
    known = set(ProblemType.objects.values_list("code", flat=True))
    with (DATA / "types.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["code"] not in known]
    made = [
        ProblemType(**row, effective_from=date(2020, 1, 1), source=SAMPLE, is_sample=True)
        for row in rows
    ]
    return len(ProblemType.objects.bulk_create(made))


def _check_type(type_: ProblemType, scope: str) -> None:
    if type_.scope != scope or type_.effective_to is not None:
        raise Invalid(_("请选择现行的问题类型。"), field="type")


def _proof(photos: Sequence[bytes], by: User, at: datetime) -> list[Evidence]:
    return [prepare_evidence(data=one, kind="photo", actor=by, at=at) for one in photos]


@transaction.atomic
def raise_problem(
    project: AllianceProject, *, type_: ProblemType, title: str, by: User, at: datetime,
    text: str = "", item: ApprovalItem | None = None, photos: Sequence[bytes] = (),
    key: str | None = None,
) -> Case:  # fmt: skip
    """Bring up a problem of a project: by its owner or by its desk; the desk's head holds the case.

    :raises NotYours: by anybody else
    :raises OverAlready: once the project has ended
    :raises Invalid:
    """
    allowed = speaks_for(by, project) or runs_project(by, project)
    must(allowed, what=_("提出这个项目的问题"))
    if project.state != AllianceProject.State.ACTIVE:
        raise OverAlready(_("“%s”已结束。") % project.name)
    _check_type(type_, ProblemType.Scope.PROJECT)
    if item is not None and item.dossier.project_id != project.pk:
        raise Invalid(_("请选择本项目的审批事项。"), field="item")

    def also(case: Case) -> None:
        ProjectProblem.objects.create(case=case, project=project, type=type_, item=item)

    return open_case(
        kind="alliance_problem", title=title, text=text, region=project.region, at=at, actor=by,
        lng=project.lng, lat=project.lat, address=project.address, is_private=True,
        holder=project.desk.head, reporter=by if speaks_for(by, project) else project.contact,
        data={"project": project.pk, "type": type_.code}, evidence=_proof(photos, by, at), key=key, also=also,
    )  # fmt: skip


@transaction.atomic
def raise_enterprise_problem(
    enterprise: Enterprise, *, type_: ProblemType, title: str, by: User, at: datetime,
    text: str = "", photos: Sequence[bytes] = (), key: str | None = None,
) -> Case:  # fmt: skip
    """Bring up what an enterprise of a park needs solved: by itself or by the park (S3.45).

    :raises NotYours, OverAlready, Invalid:
    """
    park = enterprise.park
    own = speaks_for_enterprise(by, enterprise)
    must(own or keeps_park(by, park), what=_("提出这家企业的难题"))
    if enterprise.moved_out_on is not None:
        raise OverAlready(_("%s已迁出。") % enterprise.name)
    _check_type(type_, ProblemType.Scope.ENTERPRISE)

    def also(case: Case) -> None:
        EnterpriseProblem.objects.create(case=case, park=park, enterprise=enterprise, type=type_)

    return open_case(
        kind="enterprise_problem", title=title, text=text, region=park.region, at=at, actor=by,
        lng=park.lng, lat=park.lat, address=enterprise.room, is_private=True, holder=park.manager,
        reporter=by if own else enterprise.contact,
        data={"park": park.pk, "enterprise": enterprise.name, "type": type_.code},
        evidence=_proof(photos, by, at), key=key, also=also,
    )  # fmt: skip


def take_back_problem(pk: Any, *, at: datetime, by: User) -> Event:
    """Take back what an enterprise's sheet brought in, while nobody works on it.

    :raises NotYours, OverAlready:
    """
    row = EnterpriseProblem.objects.select_related("case", "park__region").get(pk=pk)
    must(keeps_park(by, row.park), what=_("撤回企业难题"))
    if row.case.step != "raised":
        raise OverAlready(_("%s 已在办理，不能撤回。") % row.case.number)
    note = _("撤回导入")
    return make_move(row.case, "withdraw", at=at, actor=None, parts=OWNER, note=note)


# What the owner says: a project's or an enterprise's user, or whoever holds the link.


def move_as_owner(
    case: Case, name: str, *, by: User, at: datetime, note: str = "", **given: Any
) -> Event:
    """Confirm, send back, rate or withdraw as the owner, though another colleague brought it up.

    :raises NotFound: unless `by` speaks for the owner of the case
    """
    if not _owns(by, case):
        raise NotFound(_("没有找到这件事，或您看不到它。"))
    if case.reporter_id == by.pk:
        return make_move(case, name, at=at, actor=by, note=note, **given)
    said = f"{note}（{by.name}）" if note else _("由 %s 代表本单位办理。") % by.name
    return make_move(case, name, at=at, actor=None, parts=OWNER, note=said, **given)


def _owns(by: User, case: Case) -> bool:
    if case.kind == "alliance_problem":
        row = ProjectProblem.objects.select_related("project").filter(case=case.pk).first()
        return row is not None and speaks_for(by, row.project)
    one = EnterpriseProblem.objects.select_related("enterprise").filter(case=case.pk).first()
    return one is not None and speaks_for_enterprise(by, one.enterprise)


def case_of_token(token: str) -> Case:
    """:raises LinkWrong: if it was tampered with"""
    try:
        pk = signing.Signer(salt=SALT).unsign(token)
        kinds = ("alliance_problem", "enterprise_problem")
        return Case.objects.select_related("region").get(pk=pk, kind__in=kinds)
    except (signing.BadSignature, Case.DoesNotExist):
        raise LinkWrong(_("这个链接不完整，请联系服务专员重新发送。")) from None


def answer_by_token(token: str, name: str, *, at: datetime, note: str = "", **given: Any) -> Event:
    """Confirm, send back or rate by the link. :raises LinkWrong; the engine's refusals as they are"""
    if name not in ("confirm", "redo", "rate"):
        raise NotPermitted(_("这个链接不能办理这一步。"))
    return make_move(case_of_token(token), name, at=at, actor=None, parts=OWNER, note=note, **given)
