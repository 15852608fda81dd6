"""A secretary's to-do, made for a phone."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org

from .. import actions
from ..queries.todo import todo_of
from ..queries.unit_home import own_units


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def todo(request: SignedIn) -> HttpResponse:
    """Show what is due for one's units, late first; POST looks again at the rules now."""
    mine = own_units(request.user)
    if not mine:
        raise NotFound(_("您没有在党组织任职，没有待办。"))
    if request.method == "POST":
        actions.refresh_due(
            at=now(), units=Org.objects.visible_to(request.user).filter(pk__in=mine)
        )
        messages.success(request, _("已重新核对。"))
        return redirect("portal:todo")
    found = todo_of(request.user, on=localdate())
    context = {"todo": found, "several": len(found.units) > 1, "today": localdate()}
    return render(request, "portal/todo.html", context)
