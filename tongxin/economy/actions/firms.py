"""Firms and villages: what firms set aside, pairs, contracts whose shares are a whole, dividends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.funds import actions as funds
from tongxin.funds.models import Account, Line, Source
from tongxin.kit.errors import Invalid, KeyReused, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import (
    BenefitLink,
    Dividend,
    Firm,
    FirmPair,
    FirmReserve,
    IncomeKind,
    Share,
    VillageProject,
)
from ..models.firms import WHOLE
from .common import (
    SHORT,
    VERIFIERS,
    BadDay,
    NotAVillage,
    check_fen,
    check_past,
    must_look_over,
    must_work_in,
    scoped,
)
from .incomes import add_income

DIVIDEND = "R5"


class NotOrganiser(NotPermitted):
    """Firms are registered by the officers of the area."""


class FirmThere(Refused):
    """A firm is registered once in an area."""


class PairThere(Refused):
    """A firm and a village are paired once at a time."""


class PairOver(Refused):
    """Nothing is added to a pair that has ended."""


class BadSource(Invalid):
    """What a firm sets aside is money of firms."""


class SharesNotWhole(Invalid):
    """The shares of a contract are 100 per cent together."""


class OutOfTerm(Refused):
    """Profit is shared within the days of the contract."""


def must_organise(by: User, region: Region) -> None:
    """:raises NotOrganiser: unless `by` is officer, secretary or organiser over the area"""
    if roles_over(by, region.path).isdisjoint(VERIFIERS):
        raise NotOrganiser(_("帮扶企业由区、街镇的管理员或组织员登记。"))


@transaction.atomic
def register_firm(
    *, name: str, region: Region, joined_on: date, by: User, at: datetime, pledged_fen: int = 0,
    org: Org | None = None, industry: str = "",
) -> Firm:  # fmt: skip
    """Register a firm that helps villages of an area, with what it promises to set aside.

    :raises FirmThere, NotOrganiser, BadAmount, BadDay: as their names say
    """
    must_organise(by, region)
    check_past(joined_on, at, field="joined_on")
    try:
        with transaction.atomic():
            return Firm.objects.create(
                name=clean_text(name, limit=100, field_label=_("名称"), required=True), org=org,
                region=region, joined_on=joined_on, by=by, at=at,
                pledged_fen=check_fen(pledged_fen, field="pledged", least=0),
                industry=clean_text(industry, limit=40, field_label=_("行业")),
            )  # fmt: skip
    except IntegrityError as error:
        raise FirmThere(_("这家企业已登记。"), field="name") from error


@transaction.atomic
def put_reserve(
    *, firm: Firm, account: Account, source: Source, amount_fen: int, on: date, by: User,
    at: datetime, key: str | None = None,
) -> Line:  # fmt: skip
    """Write down what a firm put into an account (备用金): an income of the ledger, from that firm.

    :raises BadSource: for a source that is not of firms; and all that `funds.actions.receive` raises
    """
    if source.kind != Source.Kind.FIRM:
        raise BadSource(_("备用金的来源应是企业出资。"), field="source")
    line = funds.receive(
        account=account, source=source, amount_fen=amount_fen, on=on, by=by, at=at, key=key,
        payer=firm.name[:80], note=_("企业备用金"),
    )  # fmt: skip
    FirmReserve.objects.get_or_create(line=line, defaults={"firm": firm})
    return line


@transaction.atomic
def pair(
    *, firm: Firm, village: Region, text: str, since: date, by: User, at: datetime
) -> FirmPair:
    """Pair a firm with a village. :raises PairThere, NotVerifier, NotAVillage, BadDay: as named"""
    must_look_over(by, village)
    if village.level != Region.Level.COMMUNITY:
        raise NotAVillage(_("请选择村或社区。"), field="village")
    check_past(since, at, field="since")
    text = clean_text(text, limit=SHORT, field_label=_("帮扶内容"), required=True)
    try:
        with transaction.atomic():
            return FirmPair.objects.create(
                firm=firm, village=village, since=since, by=by, at=at, text=text
            )
    except IntegrityError as error:
        raise PairThere(_("这家企业已与本村结对。"), field="village") from error


@transaction.atomic
def end_pair(*, pair: FirmPair, by: User, at: datetime) -> FirmPair:
    """End a pair today. :raises PairOver, NotVerifier: as their names say"""
    pair = _locked(pair)
    must_look_over(by, pair.village)
    pair.until = localdate(at)
    pair.save(update_fields=["until"])
    return pair


def _locked(pair: FirmPair) -> FirmPair:
    rows = FirmPair.objects.select_for_update(of=("self",)).select_related("village", "firm")
    found = rows.get(pk=pair.pk)
    if found.until is not None:
        raise PairOver(_("这对结对已于 %s 结束。") % found.until)
    return found


@transaction.atomic
def sign_link(
    *, pair: FirmPair, title: str, signed_on: date, ends_on: date, shares: Mapping[str, int],
    by: User, at: datetime, number: str = "", project: VillageProject | None = None,
) -> BenefitLink:  # fmt: skip
    """Write down a contract of sharing; `shares` are hundredths of a per cent by party, 10,000 in all.

    :raises SharesNotWhole: unless they are; or for an unknown party, or none for the village
    :raises PairOver, BadDay, NotVerifier: as their names say
    """
    pair = _locked(pair)
    must_look_over(by, pair.village)
    if ends_on <= signed_on:
        raise BadDay(_("到期日期应在签订日期之后。"), field="ends_on")
    check_past(signed_on, at, field="signed_on")
    if project is not None and project.village_id != pair.village_id:
        raise Invalid(_("这个项目不是本村的。"), field="project")
    _check_shares(shares)
    link = BenefitLink.objects.create(
        pair=pair, project=project, signed_on=signed_on, ends_on=ends_on, by=by, at=at,
        title=clean_text(title, limit=80, field_label=_("合同"), required=True),
        number=clean_text(number, limit=40, field_label=_("合同编号")),
    )  # fmt: skip
    Share.objects.bulk_create(
        [Share(link=link, party=party, hundredths=n) for party, n in shares.items() if n]
    )
    return link


def _check_shares(shares: Mapping[str, int]) -> None:
    if unknown := [party for party in shares if party not in Share.Party.values]:
        raise SharesNotWhole(_("没有“%s”这个分配对象。") % str(unknown[0])[:20], field="shares")
    total = sum(shares.values())
    if any(n < 0 for n in shares.values()) or total != WHOLE:
        raise SharesNotWhole(
            _("各方比例合计应为 100%%，现在是 %s%%。") % f"{total / 100:g}", field="shares"
        )
    if not shares.get(Share.Party.VILLAGE):
        raise SharesNotWhole(_("合同里应有村集体的份额。"), field="shares")


def split(fen: int, shares: Mapping[str, int]) -> dict[str, int]:
    """Return what each party gets of some fen: none is lost, the largest remainders get the last.

    `shares` are hundredths of a per cent, 10,000 in all; equal remainders by the party's name.
    """
    parts = {party: fen * n // WHOLE for party, n in shares.items()}
    left = fen - sum(parts.values())
    by_remainder = sorted(shares, key=lambda party: (-(fen * shares[party] % WHOLE), party))
    for party in by_remainder[:left]:
        parts[party] += 1
    return parts


@transaction.atomic
def share_out(
    *, link: BenefitLink, profit_fen: int, on: date, by: User, at: datetime, key: str | None = None
) -> Dividend:
    """Share a profit out by a contract; the village's part becomes an income of its year.

    :raises OutOfTerm: on a day outside the contract
    :raises PairOver, BadAmount, BadDay, NotReporter, YearClosed, KeyReused: as their names say
    """
    held = _locked(link.pair)
    must_work_in(by, held.village)
    kept = scoped(by, key)
    if kept and (old := Dividend.objects.filter(key=kept).first()):
        if (old.link_id, old.profit_fen) != (link.pk, profit_fen):
            raise KeyReused(_("这个 Idempotency-Key 已用于另一笔。"), field="Idempotency-Key")
        return old
    check_fen(profit_fen, field="profit")
    check_past(on, at)
    if not link.signed_on <= on <= link.ends_on:
        raise OutOfTerm(_("这一天不在合同期内。"), field="on")
    parts = split(profit_fen, dict(link.shares.values_list("party", "hundredths")))
    income = None
    if parts[Share.Party.VILLAGE]:
        income = add_income(
            village=held.village, kind=IncomeKind.objects.get(code=DIVIDEND), on=on, by=by, at=at,
            amount_fen=parts[Share.Party.VILLAGE], project=link.project,
            text=_("%(firm)s分红：%(title)s") % {"firm": held.firm.name[:40], "title": link.title},
        )  # fmt: skip
    return Dividend.objects.create(
        link=link, on=on, profit_fen=profit_fen, parts=parts, income=income, by=by, at=at, key=kept
    )
