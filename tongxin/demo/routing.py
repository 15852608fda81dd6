"""The demo's routing rules: made up from which department answers for which items; marked as sample."""

from __future__ import annotations

from datetime import datetime, timedelta

from tongxin.accounts.models import User
from tongxin.cases.actions import open_draft, publish_rules, save_rule
from tongxin.cases.models import RoutingRuleSet, Topic
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from .cast import home_of

# Items that always go to a department: advice for the desk, which sends them by one press.
ADVISED = {
    "城市管理委员会": "0502 0602 0603",
    "水务局": "0402 0804",
    "交通运输局": "0503",
    "生态环境局": "0604",
    "市场监督管理局": "0802",
    "住房和建设委员会": "0803",
}


def make_routing(district: Region, *, at: datetime) -> RoutingRuleSet:
    """Publish a sample table in force since two hours before `at`; return it."""
    since = at - timedelta(hours=2)
    officer = User.objects.get(username="district")
    draft = open_draft(region=district, by=officer, at=since)
    topics = {topic.code: topic for topic in Topic.objects.all()}
    departments = {
        org.name.removeprefix(district.short_name): org
        for org in Org.objects.filter(region=district, kind=Org.Kind.DEPARTMENT)
    }

    def rule(**given) -> None:
        save_rule(ruleset=draft, by=officer, at=since, **given)

    for name, codes in ADVISED.items():
        for code in codes.split():
            rule(
                topic=topics[code], target="org", handler=departments[name], mode="assign",
                backstop="street", note="样例",
            )  # fmt: skip
    manhole = {"topic": topics["0501"], "target": "org", "handler": departments["城市管理委员会"]}
    rule(**manhole, mode="assign", backstop="street", note="样例")
    rule(
        **manhole,
        sources="hotline",
        is_direct=True,
        backstop="street",
        note="样例：热线的井盖直接派达",
    )
    street = home_of(district).parent
    rule(
        topic=topics["0502"], region=street, hours="off", target="street", backstop="district",
        note="样例：夜间路灯由街道先接",
    )  # fmt: skip
    rule(
        category=topics["1001"].category,
        target="desk",
        mode="grab",
        note="样例：跑腿代办先放抢单大厅",
    )
    return publish_rules(
        ruleset=draft, by=officer, at=since, effective_from=since, is_sample=True,
        reason="样例：按部门职责整理，使用前请按本区三定方案核对",
    )  # fmt: skip
