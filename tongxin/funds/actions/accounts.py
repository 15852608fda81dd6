"""Sources, accounts, budgets, and from which amount a payment needs a second person."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.models import Region

from ..models import Account, BudgetLine, PayRule, Source
from ..queries.words import yuan
from .common import SHORT, BadDay, check_fen, check_open, locked, must_keep, next_number

DATA = Path(__file__).parent.parent / "data"


class AccountThere(Refused):
    """An organisation has one account of a name."""


class NotEmpty(Refused):
    """An account is closed when nothing lies in it and nothing has to be paid out of it."""


class BadSource(Invalid):
    """A source has a code of its own, a kind and a level."""


class BadBudget(Invalid):
    """A budget line is of a year near now, once in it."""


class NotDistrict(NotPermitted):
    """Sources and thresholds are kept by the officers of a district."""


@transaction.atomic
def open_account(
    *, org: Org, region: Region, name: str, by: User, at: datetime, is_special: bool = False,
    purpose: str = "", opened_on: date | None = None,
) -> Account:  # fmt: skip
    """Open an account of an organisation; `opened_on` earlier than today for books taken over.

    :raises NotKeeper: unless `by` keeps the books of the organisation
    :raises AccountThere: if it has one of that name
    :raises Missing: for a special account without a purpose
    """
    must_keep(by, org)
    opened_on = opened_on or localdate(at)
    if opened_on > localdate(at):
        raise BadDay(_("日期不能晚于今天。"), field="opened_on")
    name = clean_text(name, limit=80, field_label=_("名称"), required=True)
    purpose = clean_text(purpose, limit=SHORT, field_label=_("用途"), required=is_special)
    if Account.objects.filter(org=org, name=name).exists():
        raise AccountThere(_("%(org)s 已有账户“%(name)s”。") % {"org": org.name, "name": name}, field="name")  # fmt: skip
    register = region.code[:6].ljust(6, "0")
    account = Account.objects.create(
        number=f"{register}-A{next_number(f'{register}-A'):04d}", name=name, org=org, region=region,
        is_special=is_special, purpose=purpose, opened_on=opened_on, by=by, at=at,
    )  # fmt: skip
    audit(actor=by, action="funds.account.open", object=account.number, at=at)
    return account


@transaction.atomic
def close_account(*, account: Account, by: User, at: datetime) -> Account:
    """Close an account with nothing in it. :raises NotEmpty, AccountClosed, NotKeeper: as named"""
    account = locked(account.pk)
    must_keep(by, account.org)
    check_open(account)
    if account.balance_fen or account.committed_fen:
        raise NotEmpty(
            _("账户还有余额 %(balance)s 元、待付 %(due)s 元，不能销户。")
            % {"balance": yuan(account.balance_fen), "due": yuan(account.committed_fen)}
        )
    account.closed_on = localdate(at)
    account.save(update_fields=["closed_on"])
    audit(actor=by, action="funds.account.close", object=account.number, at=at)
    return account


def _must_be_district(by: User) -> None:
    if not any(p.role == "officer" and p.level in ("district", "city") for p in posts_of(by)):
        raise NotDistrict(_("资金来源和审批规则由区管理员维护。"))


@transaction.atomic
def save_source(
    *, code: str, name: str, kind: str, level: str, by: User, at: datetime, purpose: str = "",
    basis: str = "", is_open: bool = True,
) -> Source:  # fmt: skip
    """Add a source, or change the one of that code; a code is never given to another kind.

    :raises BadSource: for an unknown kind or level, or another kind than before
    :raises NotDistrict: unless `by` is an officer of a district
    """
    _must_be_district(by)
    code = clean_text(code, limit=20, field_label=_("代码"), required=True)
    if kind not in Source.Kind.values:
        raise BadSource(_("没有“%s”这个选项。") % kind[:20], field="kind")
    if level not in Source.Level.values:
        raise BadSource(_("没有“%s”这个选项。") % level[:20], field="level")
    source = Source.objects.select_for_update().filter(code=code).first() or Source(code=code)
    if source.pk and source.kind != kind and source.pots.exists():
        raise BadSource(_("这个来源已有资金，类别不能再改。"), field="kind")
    source.name = clean_text(name, limit=60, field_label=_("名称"), required=True)
    source.kind, source.level, source.is_open = kind, level, is_open
    source.purpose = clean_text(purpose, limit=SHORT, field_label=_("用途范围"))
    source.basis = clean_text(basis, limit=SHORT, field_label=_("依据"))
    source.is_sample = False
    source.save()
    audit(actor=by, action="funds.source", object=source.code, at=at)
    return source


@transaction.atomic
def load_sources() -> int:
    """Bring in the sample sources that are not there yet; return how many are new."""
    known = set(Source.objects.values_list("code", flat=True))
    with (DATA / "sources.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["code"] not in known]
    made = [Source(**row, basis="样例，供各区按实际修改", is_sample=True) for row in rows]
    return len(Source.objects.bulk_create(made))


@transaction.atomic
def set_pay_rule(
    *, region: Region, threshold_fen: int, effective_from: date, source: str, by: User,
    at: datetime,
) -> PayRule:  # fmt: skip
    """Say from which amount payments need a second person, in a place from a day on.

    :raises BadDay: for a day that has passed: what was paid was paid by the rule of its day
    :raises NotDistrict: unless `by` is an officer over the place, of a district
    """
    _must_be_district(by)
    if "officer" not in roles_over(by, region.path):
        raise NotDistrict(_("资金来源和审批规则由区管理员维护。"))
    if effective_from < localdate(at):
        raise BadDay(_("启用日期不能早于今天。"), field="effective_from")
    rule, _made = PayRule.objects.update_or_create(
        region=region,
        effective_from=effective_from,
        defaults={
            "threshold_fen": check_fen(threshold_fen, field="threshold"),
            "source": clean_text(source, limit=SHORT, field_label=_("依据"), required=True),
            "is_sample": False,
        },
    )
    detail = {"fen": rule.threshold_fen, "from": str(effective_from)}
    audit(actor=by, action="funds.pay-rule", object=region.code, at=at, detail=detail)
    return rule


def load_pay_rules() -> int:
    """Bring in the sample threshold where there is none: 50,000 yuan, everywhere."""
    _rule, made = PayRule.objects.get_or_create(
        region=None,
        effective_from=date(2020, 1, 1),
        defaults={
            "threshold_fen": 5_000_000, "source": "样例，供各区按实际修改", "is_sample": True,
        },
    )  # fmt: skip
    return int(made)


@transaction.atomic
def set_budget(
    *, org: Org, region: Region, year: int, source: Source, name: str, amount_fen: int,
    for_base: bool, by: User, at: datetime,
) -> BudgetLine:  # fmt: skip
    """Write a line of a year's budget, or change the one of that name (S4.72).

    :raises BadBudget, BadAmount, NotKeeper: as their names say
    """
    must_keep(by, org)
    if abs(year - localdate(at).year) > 10:
        raise BadBudget(_("年度不对。"), field="year")
    name = clean_text(name, limit=80, field_label=_("科目"), required=True)
    values = {
        "region": region, "source": source, "for_base": for_base, "by": by, "at": at,
        "amount_fen": check_fen(amount_fen),
    }  # fmt: skip
    try:
        with transaction.atomic():
            line, _made = BudgetLine.objects.update_or_create(
                org=org, year=year, name=name, defaults=values
            )
    except IntegrityError as error:
        raise BadBudget(_("这个科目正在由他人登记，请重试。"), field="name") from error
    return line
