"""The table of rules: drafted, published by a person, ended; and what it chose, kept with the case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import Case, CaseRoute, Event, RoutingRule, RoutingRuleSet
from ..routing import SOURCES, Asked, Choice, choose, forget_rules, natural, read_table
from ..rule_sheet import read_rules
from ..rulecheck import findings_of
from ..store import insert
from ..trying import Trial
from .moves import system_move

BACK = timedelta(minutes=5)  # a page takes a while to be sent
AHEAD = timedelta(days=366)
CODE = re.compile(r"[0-9A-Z]{1,8}", re.ASCII)
CONDITIONS = ("topic", "category", "region", "sources", "hours", "lane")
EFFECTS = ("target", "handler", "mode", "is_direct", "backstop", "backstop_org", "note")


class NotADraft(Refused):
    """What was published governs cases and their reasons: it is never changed, only replaced."""


class DraftExists(Refused):
    """One draft at a time, so that nobody's changes are lost in another's."""


class SameConditions(Refused):
    """Two rules for exactly the same cases can only contradict each other."""


class BadRule(Invalid):
    """A rule that cannot work as written."""


class NotReady(Refused):
    """The table holds what must be mended before it may govern anything."""


def keeps_rules(actor, region: Region) -> bool:
    """Say whether somebody may change the rules of a district: its officers, and the administrator."""
    return actor.is_superuser or "officer" in roles_over(actor, region.path)


def _check_keeper(actor, region: Region) -> None:
    if not keeps_rules(actor, region):
        raise NotPermitted(_("只有%s的管理员可以修改流转规则。") % region.name)


@transaction.atomic
def open_draft(*, region: Region, by, at: datetime) -> RoutingRuleSet:
    """Begin a new version of a district's rules as a copy of the one in force (or an empty one).

    :raises Invalid: for land that is no district
    :raises NotPermitted: if the actor keeps no rules there
    :raises DraftExists: while another draft is open
    """
    if region.level != Region.Level.DISTRICT:
        raise Invalid(_("流转规则按区编制，请选择一个区。"), field="region")
    _check_keeper(by, region)
    rows = RoutingRuleSet.objects.select_for_update().filter(region=region)
    if rows.filter(state="draft").exists():
        raise DraftExists(
            _("%s已有一份草稿，请在草稿上修改，或先放弃它。") % region.name, field="region"
        )
    number = (rows.aggregate(top=Max("number"))["top"] or 0) + 1
    basis = rows.in_force(at).first()
    try:
        with transaction.atomic():
            draft = RoutingRuleSet.objects.create(
                region=region, number=number, based_on=basis, created_at=at, created_by=_user(by)
            )
    except IntegrityError:  # somebody else began one in this very moment
        raise DraftExists(_("%s刚刚有人新建了草稿。") % region.name, field="region") from None
    if basis is not None:
        copies = list(basis.rules.all())
        for row in copies:
            row.pk, row.ruleset = None, draft
        RoutingRule.objects.bulk_create(copies)
    audit(actor=_user(by), action="routing.draft", object=str(draft), at=at)
    return draft


@transaction.atomic
def discard_draft(*, ruleset: RoutingRuleSet, by, at: datetime) -> None:
    """Give up a draft; its number stays used.

    :raises NotADraft: if it was published
    """
    ruleset = _locked_draft(ruleset, by)
    ruleset.state = RoutingRuleSet.State.DISCARDED
    ruleset.save(update_fields=["state"])
    audit(actor=_user(by), action="routing.discard", object=str(ruleset), at=at)


@transaction.atomic
def save_rule(
    *, ruleset: RoutingRuleSet, by, at: datetime, code: str = "", **given: Any
) -> RoutingRule:
    """Write a rule into a draft: a new one, or in place of the one of that code.

    `given` names CONDITIONS and EFFECTS; what is left out is empty. Without a code it gets the
    next free one ("R7").

    :raises NotADraft, NotPermitted: if it may not be changed, or not by them
    :raises BadRule: for a rule that cannot work; `field` says where
    :raises SameConditions: if another rule has exactly the same conditions
    """
    ruleset = _locked_draft(ruleset, by)
    rows = {row.code: row for row in ruleset.rules.select_related("topic", "category", "region")}
    code = code.strip().upper() or next_code(_codes_of(ruleset.region))
    if not CODE.fullmatch(code):
        raise BadRule(_("编号应是 1 到 8 位大写字母或数字。"), field="code")
    row = rows.pop(code, None) or RoutingRule(ruleset=ruleset, code=code)
    before = _told(row) if row.pk else {}
    _fill(row, given)
    _check_rule(row)
    twin = next((one for one in rows.values() if _conditions(one) == _conditions(row)), None)
    if twin is not None:
        raise SameConditions(
            _("条件与 %s 完全相同，请改条件，或直接修改那一条。") % twin.code, field="topic"
        )
    row.save()
    detail = {"code": code, "before": before, "after": _told(row)}
    audit(actor=_user(by), action="routing.rule", object=str(ruleset), at=at, detail=detail)
    return row


@transaction.atomic
def load_rules(*, ruleset: RoutingRuleSet, data: bytes, name: str, by, at: datetime) -> int:
    """Replace the rules of a draft by those of a spreadsheet; return how many there are now.

    :raises NotADraft, NotPermitted: if it may not be changed, or not by them
    :raises BadHeader, BadRows: for a sheet that cannot be read; nothing is changed
    :raises BadRule, SameConditions: naming the line
    """
    ruleset = _locked_draft(ruleset, by)
    rows = read_rules(data, name, region=ruleset.region)
    ruleset.rules.all().delete()
    for row in rows:
        line = row.pop("line")
        try:
            save_rule(ruleset=ruleset, by=by, at=at, **row)
        except Refused as refusal:
            refusal.message = _("第 %(line)d 行：%(detail)s") % {"line": line, "detail": refusal}
            refusal.field = "file"
            raise
    return len(rows)


@transaction.atomic
def drop_rule(*, ruleset: RoutingRuleSet, code: str, by, at: datetime) -> None:
    """Take a rule out of a draft; one that is not there is gone already."""
    ruleset = _locked_draft(ruleset, by)
    row = ruleset.rules.filter(code=code).first()
    if row is not None:
        detail = {"code": code, "before": _told(row)}
        row.delete()
        audit(actor=_user(by), action="routing.drop", object=str(ruleset), at=at, detail=detail)


@transaction.atomic
def publish_rules(
    *,
    ruleset: RoutingRuleSet,
    effective_from: datetime,
    reason: str,
    by,
    at: datetime,
    trial: Trial | None = None,
    is_sample: bool = False,
) -> RoutingRuleSet:
    """Put a draft in force from a moment on; the version before it ends there.

    :raises NotADraft, NotPermitted: if it may not be published, or not by them
    :raises NotReady: if something in it must be mended first, or another version is yet to begin
    :raises Invalid: for a time that is past or too far off, or without a reason
    """
    ruleset = _locked_draft(ruleset, by)
    reason = clean_text(reason, limit=200, field_label=_("依据和理由"), required=True)
    if not at - BACK <= effective_from <= at + AHEAD:
        raise Invalid(_("生效时间应在现在到一年之内。"), field="effective_from")
    effective_from = max(effective_from, at)
    table = read_table(ruleset.pk, ruleset.region.path, ruleset.number)
    wrong = [one for one in findings_of(table, day=localdate(at)) if one.grade == "error"]
    if wrong:
        raise NotReady(
            _("还不能发布：%s") % wrong[0].text, codes=[c for one in wrong for c in one.codes]
        )
    others = RoutingRuleSet.objects.select_for_update().filter(
        region=ruleset.region_id, state="published"
    )
    later = others.filter(effective_from__gt=at).order_by("effective_from").first()
    if later is not None:
        raise NotReady(
            _("第 %(n)d 版已定于 %(day)s 生效，请先停用它。")
            % {"n": later.number, "day": localtime(later.effective_from).strftime("%Y-%m-%d %H:%M")}
        )
    others.in_force(effective_from).update(effective_to=effective_from)
    ruleset.state = RoutingRuleSet.State.PUBLISHED
    ruleset.effective_from, ruleset.reason, ruleset.is_sample = effective_from, reason, is_sample
    ruleset.published_at, ruleset.published_by = at, _user(by)
    ruleset.trial = trial.brief() if trial else {}
    ruleset.save()
    audit(
        actor=_user(by), action="routing.publish", object=str(ruleset), at=at, reason=reason,
        detail={"from": effective_from.isoformat(), "rules": len(table.rules)} | ruleset.trial,
    )  # fmt: skip
    transaction.on_commit(forget_rules)
    return ruleset


@transaction.atomic
def end_rules(*, ruleset: RoutingRuleSet, reason: str, by, at: datetime) -> RoutingRuleSet:
    """Take a published table out of force: from now on the desk dispatches as without rules.

    One that has not begun never will.

    :raises Refused: if it has ended already
    """
    _check_keeper(by, ruleset.region)
    ruleset = RoutingRuleSet.objects.select_for_update().get(pk=ruleset.pk)
    reason = clean_text(reason, limit=200, field_label=_("依据和理由"), required=True)
    begun, end = ruleset.effective_from, ruleset.effective_to
    if ruleset.state != "published" or begun is None or (end is not None and end <= at):
        raise Refused(_("这一版没有在用，无需停用。"))
    ruleset.effective_to = max(begun, at)
    ruleset.save(update_fields=["effective_to"])
    audit(actor=_user(by), action="routing.end", object=str(ruleset), at=at, reason=reason)
    transaction.on_commit(forget_rules)
    return ruleset


def _locked_draft(ruleset: RoutingRuleSet, by) -> RoutingRuleSet:
    _check_keeper(by, ruleset.region)
    locked = (
        RoutingRuleSet.objects.select_for_update(of=("self",))
        .select_related("region")
        .get(pk=ruleset.pk)
    )
    if not locked.is_draft:
        raise NotADraft(_("已发布的规则不能修改，请新建草稿，改好后再发布。"))
    return locked


def _user(actor):
    return actor if actor is not None and actor.pk else None


def next_code(codes: Iterable[str]) -> str:
    """Return the next free code ("R7")."""
    top = max((natural(code)[1] for code in codes if code.startswith("R")), default=0)
    return f"R{top + 1}"


def _codes_of(region: Region) -> Iterable[str]:
    """Return the codes of all versions: R7 means one rule, whichever version one looks at."""
    return RoutingRule.objects.filter(ruleset__region=region).values_list("code", flat=True)


def _fill(row: RoutingRule, given: dict[str, Any]) -> None:
    if unknown := given.keys() - {*CONDITIONS, *EFFECTS}:
        raise BadRule(_("没有“%s”这一项。") % sorted(unknown)[0], field=sorted(unknown)[0])
    for name in (*CONDITIONS, *EFFECTS):
        field: Any = RoutingRule._meta.get_field(name)
        empty = None if field.is_relation else field.get_default()
        value = given.get(name)
        setattr(row, name, empty if value in (None, "") else value)
    row.note = clean_text(row.note, limit=200, field_label=_("备注"))
    row.sources = " ".join(sorted(set(row.sources.split())))


def _check_rule(row: RoutingRule) -> None:
    """Raise `BadRule` for what no row of the table could mean."""
    for name in ("hours", "lane", "target", "mode", "backstop"):
        field: Any = RoutingRule._meta.get_field(name)
        if getattr(row, name) not in {value for value, _label in field.flatchoices}:
            raise BadRule(_("“%s”只能从列出的里面选。") % field.verbose_name, field=name)
    _check_conditions(row)
    _check_orgs(row)
    if row.is_direct and row.target == RoutingRule.Target.DESK:
        raise BadRule(_("交社区派单的规则不能直接派达。"), field="is_direct")


def _check_conditions(row: RoutingRule) -> None:
    if row.topic_id and row.category_id:
        raise BadRule(_("事项和大类只填一个：写了事项就不用写大类。"), field="category")
    if unknown := set(row.sources.split()) - SOURCES.keys():
        raise BadRule(_("没有叫“%s”的来源。") % sorted(unknown)[0], field="sources")
    if row.region is not None and not row.region.path.startswith(row.ruleset.region.path):
        raise BadRule(
            _("%(place)s不在%(area)s内。")
            % {"place": row.region.name, "area": row.ruleset.region.name},
            field="region",
        )


def _check_orgs(row: RoutingRule) -> None:
    for name, word, says in (
        ("handler", row.target, _("请选择承办单位。")),
        ("backstop_org", row.backstop, _("请选择兜底单位。")),
    ):
        org: Org | None = getattr(row, name)
        if (word == "org") != (org is not None):
            raise BadRule(says if word == "org" else _("只有选“指定单位”时才填单位。"), field=name)
        if org is not None and (org.kind == Org.Kind.PARTY or org.dissolved_on is not None):
            raise BadRule(_("%s已撤销，或不是承办单位，请另选。") % org.name, field=name)


def _conditions(row: RoutingRule) -> tuple:
    return (row.topic_id, row.category_id, row.region_id, row.sources, row.hours, row.lane)


def _told(row: RoutingRule) -> dict[str, Any]:
    """Return a rule in plain words for the audit log."""
    told = {name: getattr(row, name) for name in (*CONDITIONS, *EFFECTS)}
    return {name: str(value) if value else "" for name, value in told.items()}


# What was chosen for a case.


def keep_route(case: Case, choice: Choice, *, at: datetime) -> CaseRoute:
    """Write down with a case what the rules chose for it, in the transaction that opens it."""
    route = CaseRoute(
        case=case,
        rule_id=choice.rule.pk,
        handler_id=choice.handler.id if choice.handler else None,
        mode=choice.rule.mode,
        is_direct=choice.is_direct,
        backstops=[{"id": one.id, "name": one.name} for one in choice.backstops],
        why=choice.why[:300],
        at=at,
    )
    return insert(route)


def send_first(case: Case, choice: Choice, *, at: datetime) -> None:
    """Hand a case straight to the one who receives it first (首接负责), as the rule says.

    `case` in hand is brought to where it stands afterwards.
    """
    if choice.handler is None:
        return
    handler = Org(pk=choice.handler.id, name=choice.handler.name)
    event = system_move(case, "dispatch", at=at, note=choice.why, handler=handler)
    for column in Case._meta.concrete_fields:
        setattr(case, column.attname, getattr(event.case, column.attname))


def reroute(case: Case, *, source: str, at: datetime) -> CaseRoute | None:
    """Choose anew after matter or place were corrected; where the case stands stays as it is."""
    topic = case.topic
    choice = choose(
        Asked.of(
            area=case.area, at=case.opened_at, topic=topic, source=source, is_fast=case.is_fast
        )
    )
    CaseRoute.objects.filter(pk=case.pk).delete()
    if choice is None:
        return None
    advice = replace(choice, rule=replace(choice.rule, is_direct=False))  # a person sends it now
    return keep_route(case, advice, at=at)


def fall_back(case: Case, event: Event) -> Event | None:
    """Hand a case that its first receiver gave back to the next who stands behind (兜底).

    Only what the rules sent, and from the one who had it by them. None: nobody is left, and the
    desk dispatches as ever.
    """
    route = CaseRoute.objects.select_for_update().filter(pk=case.pk, is_direct=True).first()
    if route is None or not _sent_by_rule(case):
        return None
    while route.fallen < len(route.backstops):
        following = route.backstops[route.fallen]
        route.fallen += 1
        org = Org.objects.filter(pk=following["id"], dissolved_on__isnull=True).first()
        if org is not None:
            route.save(update_fields=["fallen"])
            note = _("首接单位退回，按规则由%s兜底") % org.name
            return system_move(case, "dispatch", at=event.at, note=note, handler=org)
    return None


def _sent_by_rule(case: Case) -> bool:
    """Return whether who has just given it back had it by the rules, not by the desk."""
    moves = case.events.filter(name__in=["dispatch", "offer", "post", "grab"])
    last = moves.order_by("-seq").values_list("name", "actor").first()
    return last == ("dispatch", None)
