"""Which moves can be made for many cases at once, by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import prefixes
from tongxin.requests.queries import Candidate, candidates, handlers_of

MOST_PEOPLE = 20
LABELS = {
    "dispatch": _("派单"),
    "post": _("放入抢单大厅"),
    "recall": _("收回"),
    "publish": _("发布心愿"),
    "supervise": _("督办"),
    "accept": _("接单"),
}
NEEDS = {"dispatch": "holder handler", "supervise": "note"}
BY_ROLE = {
    "dispatcher": "dispatch post recall publish",
    "officer": "dispatch post recall publish supervise",
    "leader": "supervise",
    "inspector": "supervise",
    "handler": "accept",
}


def offered(user) -> list[dict[str, Any]]:
    """Return the moves for many cases that the user's roles allow, as `ui/parts/bulk_bar.html`."""
    roles = {post.role for post in posts_of(user)}
    names = {name for role in roles for name in BY_ROLE.get(role, "").split()}
    return [
        {"name": name, "label": label, "primary": name in ("dispatch", "accept")}
        for name, label in LABELS.items()
        if name in names
    ]


def doers_for(cases: list[Case], *, at: datetime) -> tuple[list[Candidate], list[Org]]:
    """Return who could take all of these cases, judged by the first: people, and organisations."""
    first = cases[0]
    here = {path for case in cases[1:] for path in prefixes(case.area)} or set(prefixes(first.area))
    orgs = [org for org in handlers_of(first).select_related("region") if org.region.path in here]
    return candidates(first, at=at, limit=MOST_PEOPLE), orgs


def given(cleaned: dict[str, Any]) -> dict[str, Any]:
    """Return what `make_move` wants of the form: people and organisations as rows."""
    found = dict(cleaned)
    if found.get("holder"):
        found["holder"] = User.objects.get(pk=found["holder"])
    if found.get("handler"):
        found["handler"] = Org.objects.get(pk=found["handler"])
    return found
