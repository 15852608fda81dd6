"""The demo's offices of streets: the home street's after a reform, a neighbour's that lacks some.

Done by the actions themselves. Names of offices and duties are the sample's; the staff is made up.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.orgs import actions
from tongxin.orgs.actions import NewOffice, OfficePaper
from tongxin.orgs.models import OfficeStandard, Org, Post, StreetOffice
from tongxin.orgs.queries import counterparts_for, office_standards
from tongxin.regions.models import Region

from .cast import Roster, home_of

FOUNDED = OfficePaper(date(2023, 5, 8), "样例：街道机构设置方案")
REFORMED = "样例：街道机构改革方案"
# Offices of the standard set: posts approved, people at work, departments they answer to.
STAFFED = {
    "party": (5, 3, "人力资源和社会保障局"),
    "management": (6, 3, "城市管理委员会 住房和建设委员会 水务局 生态环境局"),
    "service": (7, 4, "民政局 卫生健康委员会 人力资源和社会保障局 教育体育局"),
    "safety": (6, 3, "应急管理局 公安分局 消防救援支队 司法局"),
    "enforcement": (12, 4, "城市管理委员会 市场监督管理局"),
    "centre": (8, 3, "政务服务办公室"),
    "grid": (4, 2, "政务服务办公室"),
}
# What the reform made one of; the home street still lacks the office of community development.
BEFORE = (
    ("党政办公室", 5, ("统筹党工委、办事处日常运转和文电会务", "机关财务、档案和后勤保障")),
    ("督查室", 3, ("督查督办上级和街道部署的事项",)),
)
NEIGHBOUR = ("party", "service", "safety", "enforcement")


def make_street_offices(district: Region, dice: Random, *, at: datetime) -> int:
    """Set up and reform the home street's offices, and some of a neighbour's; return how many stand."""
    street = home_of(district).parent
    officer = User.objects.filter(username="officer").first()
    above = User.objects.filter(username="district").first()
    rows = Org.objects.filter(kind=Org.Kind.GOVERNMENT, region__parent=district)
    home = rows.filter(region=street).order_by("pk").first()
    if home is None or officer is None or above is None:
        return 0
    actions.load_office_standards()
    standards = {one.code: one for one in office_standards(localdate(at))}
    _home(home, standards, dice, at=at, by=officer)
    other = rows.exclude(pk=home.pk).order_by("pk").first()
    if other is not None:
        for code in NEIGHBOUR:
            _set_up(other, standards[code], at=at, by=above)
    return StreetOffice.objects.standing().count()


def _set_up(street: Org, standard: OfficeStandard, *, at: datetime, by: User) -> StreetOffice:
    approved, _staff, names = STAFFED[standard.code]
    above = counterparts_for(street)
    departments = [one for one in above if any(one.name.endswith(name) for name in names.split())]
    new = NewOffice(
        standard.name, standard.kind, approved, standard.duties.splitlines(), departments,
        standard.code,
    )  # fmt: skip
    return actions.set_up_office(street=street, new=new, paper=FOUNDED, at=at, by=by)


def _home(
    street: Org, standards: dict[str, OfficeStandard], dice: Random, *, at: datetime, by: User
) -> None:
    """Set up the offices of before, merge two of them a year ago, seat who works there."""
    old = [
        actions.set_up_office(
            street=street,
            new=NewOffice(name, approved=n, duties=duties),
            paper=FOUNDED,
            at=at,
            by=by,
        )
        for name, n, duties in BEFORE
    ]
    offices = [_set_up(street, standards[code], at=at, by=by) for code in STAFFED]
    paper = OfficePaper(
        localdate(at) - timedelta(days=330), REFORMED, "职能相近，合署办公，减少环节"
    )
    merged = NewOffice(standards["general"].name, approved=7, standard="general")
    actions.reform_offices(street=street, closing=old, into=merged, paper=paper, at=at, by=by)
    general = StreetOffice.objects.standing().get(org=street, standard="general")
    wanted = [(general, 3), *zip(offices, (row[1] for row in STAFFED.values()), strict=True)]
    own = list(Post.objects.filter(org=street, role="officer").order_by("pk"))
    staff = own + _staff(street, sum(n for _one, n in wanted) - len(own), dice, at=at)
    for office, n in wanted:
        for k in range(n):
            post = staff.pop(0)
            actions.seat_in_office(office=office, post=post, at=at, by=by, is_head=k == 0)


def _staff(street: Org, n: int, dice: Random, *, at: datetime) -> list[Post]:
    """Make those who work in the offices; they handle what is handed to the street."""
    roster = Roster(dice, at - timedelta(days=700))
    for k in range(1, n + 1):
        user = roster.add(f"street-staff-{k:02d}", is_staff=False)
        roster.post(user, street.pk, Post.Role.HANDLER, street.region_id)
    roster.write()
    return list(Post.objects.filter(org=street, role=Post.Role.HANDLER).order_by("pk"))
