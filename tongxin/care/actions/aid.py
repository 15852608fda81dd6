"""Help that was given: append-only, out of funds that never fall below zero; rounds of greetings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, audit_look
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..models import Aid, AidRound, CareFile, Fund, FundEntry, Look, RoundHousehold
from ..queries.files import contents_of
from ..scope import has_duty, is_officer, walks
from .common import BadDay, NotYourCare, keep, locked, must_be_grid, scoped
from .files import NotNow

MOST_FEN = 100_000_000  # a million yuan: beyond it somebody has mistyped
MOST_HOUSEHOLDS = 5000


class FundEmpty(Refused):
    """A fund pays what it has."""


class NoProof(Invalid):
    """Money is given against a receipt or a signature."""


class NoSource(Invalid):
    """Where help came from is written down."""


class WrongFund(Invalid):
    """A fund is spent on the land it is for."""


class NoSuchHousehold(NotFound):
    """There is no such household on the list, or none that the actor sees."""


def _fen(fen: int) -> int:
    if not 0 <= fen <= MOST_FEN:
        raise Invalid(_("金额应在 0 到 100 万元之间。"), field="fen")
    return fen


# Funds.


@transaction.atomic
def open_fund(
    *, name: str, source: str, region: Region, by: User, at: datetime, org: Org | None = None
) -> Fund:
    """Set up a fund for help on some land.

    :raises NotYourCare: for who neither decides for the land nor has the care of it
    :raises NotNow: if one of the name is there
    """
    if not (is_officer(by, region.path) or has_duty(by, region.path)):
        raise NotYourCare(_("帮扶资金由社区关爱专员或街道（区）管理员登记。"))
    if source not in Fund.Source.values:
        raise Invalid(_("请选择资金来源。"), field="source")
    name = clean_text(name, limit=60, field_label=_("名称"), required=True)
    if Fund.objects.filter(region=region, name=name).exists():
        raise NotNow(_("已经有这个名称的资金。"), field="name")
    made = Fund.objects.create(
        name=name, source=source, region=region, org=org, opened_at=at, by=by
    )
    audit(actor=by, action="care.fund.open", object=f"care.fund:{made.pk}", at=at)
    return made


@transaction.atomic
def pay_in(*, fund: Fund, fen: int, text: str, by: User, at: datetime, key: str = "") -> FundEntry:
    """Put money into a fund; a retry with `key` acts once."""
    own_key = scoped(by, key)
    if own_key and (made := FundEntry.objects.filter(key=own_key).first()):
        return made
    fund = Fund.objects.select_for_update(of=("self",)).select_related("region").get(pk=fund.pk)
    if not (is_officer(by, fund.region.path) or has_duty(by, fund.region.path)):
        raise NotYourCare(_("帮扶资金由社区关爱专员或街道（区）管理员登记。"))
    if _fen(fen) == 0:
        raise Invalid(_("请填写金额。"), field="fen")
    text = clean_text(text, limit=120, field_label=_("摘要"), required=True)
    return _enter(fund, fen, text, by=by, at=at, key=own_key)


def _enter(
    fund: Fund, fen: int, text: str, *, by: User, at: datetime, aid: Aid | None = None,
    key: str = "",
) -> FundEntry:  # fmt: skip
    """Write a line of a locked fund.

    :raises FundEmpty: if it would fall below zero
    """
    left = fund.balance_fen + fen
    if left < 0:
        raise FundEmpty(
            _("“%(name)s”只剩 %(left).2f 元，不够支付 %(fen).2f 元。")
            % {"name": fund.name, "left": fund.balance_fen / 100, "fen": -fen / 100},
            field="fund",
            remedy=_("请改用其他资金，或先登记入账。"),
        )
    fund.balance_fen = left
    fund.save(update_fields=["balance_fen"])
    return FundEntry.objects.create(
        fund=fund, fen=fen, balance_fen=left, text=text, aid=aid, by=by, at=at, key=key
    )


def _pay(aid: Aid, fen: int, *, by: User, at: datetime) -> None:
    """Take money out of the fund of an aid, or give it back."""
    if aid.fund_id is None or fen == 0:
        return
    fund = Fund.objects.select_for_update(of=("self",)).select_related("region").get(pk=aid.fund_id)
    if not aid.community.path.startswith(fund.region.path):
        raise WrongFund(_("“%s”不能用于这个社区。") % fund.name, field="fund")
    _enter(fund, fen, aid.what, by=by, at=at, aid=aid)


# Aid to one household.


@transaction.atomic
def give_aid(
    *, file: CareFile, kind: str, what: str, fen: int, on: date, by: User, at: datetime,
    fund: Fund | None = None, org: Org | None = None, receipt: bytes | None = None,
    signature: bytes | None = None, key: str = "",
) -> Aid:  # fmt: skip
    """Write down help to somebody: goods, money or service, and where it came from.

    :raises NoSuchFile, FileClosed: as for every write into a file
    :raises NoSource: without fund or unit where it cost something
    :raises NoProof: money without receipt or signature
    :raises FundEmpty, WrongFund, BadDay, Invalid:
    """
    own_key = scoped(by, key)
    if own_key and (made := Aid.objects.filter(key=own_key).first()):
        return made
    file = locked(file, by)
    if kind not in Aid.Kind.values:
        raise Invalid(_("请选择帮扶方式。"), field="kind")
    what = clean_text(what, limit=120, field_label=_("内容"), required=True)
    if kind == Aid.Kind.MONEY and fen == 0:
        raise Invalid(_("请填写金额。"), field="fen")
    if _fen(fen) and fund is None and org is None:
        raise NoSource(_("请选择资金来源或帮扶单位。"), field="fund")
    if kind == Aid.Kind.MONEY and not (receipt or signature):
        raise NoProof(_("发放现金要有收据照片或签字照片。"), field="receipt")
    if not localdate(file.opened_at) <= on <= localdate(at):
        raise BadDay(_("日期应在建档之后、今天之前（含今天）。"), field="on")
    made = Aid(
        community=file.community, area=file.area, file=file, kind=kind, what=what, fen=fen,
        fund=fund, org=org, on=on, by=by, at=at, key=own_key,
        receipt=keep(receipt, by=by, at=at, key=f"care-r:{key}" if key else ""),
        signature=keep(signature, by=by, at=at, key=f"care-s:{key}" if key else ""),
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return Aid.objects.get(key=own_key)
    _pay(made, -fen, by=by, at=at)
    audit(actor=by, action="care.aid", object=file.object_word, at=at, detail={"aid": made.pk})
    return made


@transaction.atomic
def correct_aid(*, aid: Aid, reason: str, by: User, at: datetime) -> Aid:
    """Write a line against an aid that was wrong; what it took goes back to its fund.

    :raises NotFound: if the actor does not see it
    :raises NotNow: if it has been corrected, or is itself a correction
    """
    rows = Aid.objects.visible_to(by).select_related("community", "fund")
    seen = rows.filter(pk=aid.pk).first()
    if seen is None:
        raise NotFound(_("没有找到这笔帮扶，或您看不到它。"))
    aid = Aid.objects.select_for_update(of=("self",)).select_related("community").get(pk=aid.pk)
    if not has_duty(by, aid.area):
        raise NotYourCare(_("更正由社区关爱专员办理。"))
    if aid.corrects_id is not None or Aid.objects.filter(corrects=aid).exists():
        raise NotNow(_("这笔帮扶已经更正过。"))
    reason = clean_text(reason, limit=200, field_label=_("更正原因"), required=True)
    made = Aid.objects.create(
        community=aid.community, area=aid.area, file=aid.file, household=aid.household,
        kind=aid.kind, what=aid.what, fen=-aid.fen, fund=aid.fund, org=aid.org, on=aid.on,
        by=by, at=at, corrects=aid, reason=reason,
    )  # fmt: skip
    _pay(made, aid.fen, by=by, at=at)
    if aid.household_id:
        RoundHousehold.objects.filter(pk=aid.household_id).update(
            state=RoundHousehold.State.TODO, done_at=None, by=None
        )
    audit(actor=by, action="care.aid.correct", object=f"care.aid:{aid.pk}", reason=reason, at=at)
    return made


# Rounds of greetings.


@transaction.atomic
def begin_round(
    *, name: str, region: Region, starts_on: date, ends_on: date, goods: str, by: User,
    at: datetime, value_fen: int = 0, fund: Fund | None = None,
) -> AidRound:  # fmt: skip
    """Begin a round of greetings on some land; households are put on its list next.

    :raises NotYourCare, BadDay, NoSource, NotNow, Invalid:
    """
    if not (is_officer(by, region.path) or has_duty(by, region.path)):
        raise NotYourCare(_("慰问活动由社区关爱专员或街道（区）管理员发起。"))
    if ends_on < starts_on:
        raise BadDay(_("结束不能早于开始。"), field="ends_on")
    if _fen(value_fen) and fund is None:
        raise NoSource(_("慰问品有折价的，请选择资金来源。"), field="fund")
    if fund is not None and not region.path.startswith(fund.region.path):
        raise WrongFund(_("“%s”不能用于这里。") % fund.name, field="fund")
    name = clean_text(name, limit=60, field_label=_("名称"), required=True)
    if AidRound.objects.filter(region=region, name=name).exists():
        raise NotNow(_("已经有这个名称的慰问活动。"), field="name")
    return AidRound.objects.create(
        name=name, region=region, starts_on=starts_on, ends_on=ends_on, value_fen=value_fen,
        goods=clean_text(goods, limit=120, field_label=_("慰问品"), required=True),
        fund=fund, by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def list_files(*, round: AidRound, codes: Iterable[str], by: User, at: datetime) -> int:
    """Put everybody with a standing file of some kinds, whom the actor reads, on a round's list."""
    _must_list(round, by)
    files = CareFile.objects.standing().visible_to(by)
    files = files.filter(area__under=round.region.path, kind__in=list(codes)).order_by("pk")
    rows = []
    for file in files.select_related("grid")[:MOST_HOUSEHOLDS]:
        words = contents_of(file)
        rows.append(
            _household(round, file.grid, words["name"], file.building, words["door"], file=file)
        )
    return _put_on(round, rows)


@transaction.atomic
def list_households(
    *, round: AidRound, rows: Iterable[Mapping[str, Any]], by: User, at: datetime
) -> int:
    """Put households on a list: {"grid" (a Region), "name", "building", "door"}; return how many are new.

    :raises NotYourCare: for a grid that is not in the actor's care
    """
    made, may = [], {}
    for row in rows:
        grid = row["grid"]
        if grid.pk not in may:
            must_be_grid(grid)
            inside = grid.path.startswith(round.region.path)
            may[grid.pk] = inside and (has_duty(by, grid.path) or walks(by, grid.path))
        if not may[grid.pk]:
            raise NotYourCare(_("“%s”不由您负责，不能加入名单。") % grid.short_name)
        name = clean_text(row.get("name"), limit=40, field_label=_("姓名"), required=True)
        building = clean_text(row.get("building"), limit=40, field_label=_("楼栋"))
        door = clean_text(row.get("door"), limit=40, field_label=_("门牌"))
        made.append(_household(round, grid, name, building, door))
        if len(made) > MOST_HOUSEHOLDS:
            raise Invalid(_("一次最多加入 %d 户。") % MOST_HOUSEHOLDS)
    return _put_on(round, made)


def _must_list(round: AidRound, by: User) -> None:
    if not AidRound.objects.visible_to(by).filter(pk=round.pk).exists():
        raise NotFound(_("没有找到这次慰问，或您看不到它。"))


def _household(
    round: AidRound, grid: Region, name: str, building: str, door: str,
    *, file: CareFile | None = None,
) -> RoundHousehold:  # fmt: skip
    box = sealer()
    return RoundHousehold(
        round=round, grid=grid, file=file, building=building,
        stamp=household_stamp(grid, name, building, door),
        name_sealed=box.seal(name), door_sealed=box.seal(door),
    )  # fmt: skip


def household_stamp(grid: Region, name: str, building: str, door: str) -> str:
    """Return what tells a household apart: the same one is on a list once, whoever writes it down."""
    community = "/".join(grid.path.split("/")[:-2])
    return sealer().index(f"household:{community}:{name}:{building}:{door}")


@transaction.atomic
def take_off_households(*, ids: Iterable[int], by: User, at: datetime) -> int:
    """Take households off their lists again, as long as nobody has called on them; return how many.

    :raises NotNow: if one was reached meanwhile
    """
    rows = RoundHousehold.objects.visible_to(by).filter(pk__in=list(ids)).select_for_update()
    found = list(rows.order_by("pk"))
    reached = [one for one in found if one.state != RoundHousehold.State.TODO]
    if reached:
        raise NotNow(_("有 %d 户已经慰问过，不能从名单撤下。") % len(reached))
    RoundHousehold.objects.filter(pk__in=[one.pk for one in found]).delete()
    audit(
        actor=by, action="care.round.take_off", object=f"{len(found)}", at=at,
        detail={"households": len(found)},
    )  # fmt: skip
    return len(found)


def _put_on(round: AidRound, rows: list[RoundHousehold]) -> int:
    known = set(round.households.values_list("stamp", flat=True))
    new = {row.stamp: row for row in rows if row.stamp not in known}
    RoundHousehold.objects.bulk_create(new.values(), batch_size=200, ignore_conflicts=True)
    return len(new)


@transaction.atomic
def look_at_round(
    *, round: AidRound, reason: str, by: User, at: datetime, address: str = ""
) -> Look:
    """Open the names and doors of a round's list for the day: who carries the goods needs them.

    :raises NotPermitted: for who is on no grid or community of it
    """
    if not RoundHousehold.objects.visible_to(by).filter(round=round.pk).exists():
        raise NotPermitted(_("这次慰问没有您负责的住户。"))
    what, day = f"care.round:{round.pk}", localdate(at)
    known = Look.objects.filter(user=by, what=what, day=day).first()
    if known is not None:
        return known
    entry = audit_look(
        actor=by, action="care.round.look", object=what, reason=reason, at=at, address=address
    )
    return Look.objects.create(
        user=by, what=what, day=day, at=at, reason=entry.reason, role=_("慰问人员")
    )


@transaction.atomic
def reach_household(
    *, household: RoundHousehold, state: str, by: User, at: datetime, note: str = "",
    photo: bytes | None = None, signature: bytes | None = None,
) -> RoundHousehold:  # fmt: skip
    """Write down that a household was greeted, was away, or declined.

    Greeting needs a photo or a signature; its goods are an aid out of the round's fund.

    :raises NoSuchHousehold: for who does not see it
    :raises NotNow: if it was reached before
    :raises NoProof, FundEmpty, Invalid:
    """
    rows = RoundHousehold.objects.select_for_update(of=("self",))
    row = rows.select_related("round__fund", "grid__parent").filter(pk=household.pk).first()
    if row is None or not RoundHousehold.objects.visible_to(by).filter(pk=household.pk).exists():
        raise NoSuchHousehold(_("没有找到这一户，或您看不到它。"))
    if row.state == RoundHousehold.State.DONE:
        raise NotNow(_("这一户已经慰问过。"))
    if state not in RoundHousehold.State.values or state == RoundHousehold.State.TODO:
        raise Invalid(_("请选择结果。"), field="state")
    today = localdate(at)
    if today < row.round.starts_on:
        raise BadDay(_("这次慰问从 %s 开始。") % row.round.starts_on)
    done = state == RoundHousehold.State.DONE
    if done and not (photo or signature):
        raise NoProof(_("请拍一张慰问照片或签收照片。"), field="photo")
    row.state, row.done_at, row.by = state, at, by
    row.note = clean_text(note, limit=120, field_label=_("说明"))
    row.photo, row.signature = keep(photo, by=by, at=at), keep(signature, by=by, at=at)
    row.save()
    if done:
        aid = Aid.objects.create(
            community=must_be_grid(row.grid), area=row.grid.path, file=row.file, household=row,
            kind=Aid.Kind.GOODS, what=row.round.goods, fen=row.round.value_fen,
            fund=row.round.fund, on=today, by=by, at=at,
        )  # fmt: skip
        _pay(aid, -aid.fen, by=by, at=at)
    return row
