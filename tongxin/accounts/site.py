"""The administrator's site: one door, one policy, and every change written down."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from csp.constants import SELF, UNSAFE_EVAL
from csp.decorators import csp_update
from django.contrib.admin import ModelAdmin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from tongxin.kit.errors import NotPermitted

from .actions import audit
from .queries import address_of

MOST_SAID = 200  # characters of a value before it was changed


class Audited(ModelAdmin):
    """Writes down who added, changed or deleted a row; of a change, the fields and what they held.

    The site lays it over every page that is registered, so that no page can forget it; a page
    whose actions write it down themselves says so.
    """

    def construct_change_message(self, request, form, formsets, add=False):
        fields = list(form.changed_data)
        detail: dict[str, Any] = {"fields": fields} if fields else {}
        if not add:
            held = {field.name for field in self.opts.fields}
            before = {
                name: str(form.initial.get(name))[:MOST_SAID] for name in fields if name in held
            }
            detail |= {"before": before} if before else {}
        request._audited = detail
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request, obj, message):
        self._audit(request, obj, "add")
        return super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        if isinstance(message, str):
            request._audited = {"what": message}
        self._audit(request, obj, "change")
        return super().log_change(request, obj, message)

    def log_deletions(self, request, queryset):
        for obj in queryset:
            request._audited = {"before": _facts(obj)}
            self._audit(request, obj, "delete")
        return super().log_deletions(request, queryset)

    def _audit(self, request, obj, verb: str) -> None:
        detail = request.__dict__.pop("_audited", {})
        if getattr(self, "audits_itself", False) or (verb == "change" and not detail):
            return
        audit(
            actor=request.user,
            action=f"{obj._meta.model_name}.{verb}",
            object=str(getattr(obj, "username", obj)),
            detail=detail,
            at=now(),
            address=address_of(request),
        )


def _facts(obj) -> dict[str, str]:
    """Return what a row held, without what is sealed or secret."""
    return {
        name: str(value)[:MOST_SAID]
        for name, value in model_to_dict(obj).items()
        if not name.endswith("_sealed") and name not in ("password", "digest")
    }


class Choices(AutocompleteJsonView):
    """What a field offers while somebody types: as the page of that model tells namesakes apart."""

    def serialize_result(self, obj, to_field_name):
        shown = super().serialize_result(obj, to_field_name)
        label = getattr(self.model_admin, "choice_label", None)
        return shown | {"text": label(obj)} if label else shown


class Site(UnfoldAdminSite):
    """/admin: for the administrator alone, who signs in where everybody does."""

    index_title = _("首页")
    empty_value_display = "—"

    def register(self, model_or_iterable, admin_class=None, **options):
        base = admin_class or ModelAdmin
        if not issubclass(base, Audited):
            base = type(base.__name__, (Audited, base), {"__module__": base.__module__})
        super().register(model_or_iterable, base, **options)

    def login(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """Lead to the one door that counts failures: Django's own does not."""
        if request.user.is_authenticated:
            raise NotPermitted(_("管理后台只对系统管理员开放"))
        target = request.GET.get("next") or reverse("admin:index")
        return redirect(f"{reverse('accounts:password')}?{urlencode({'next': target})}")

    def password_change(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        return redirect("accounts:me")

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return Choices.as_view(admin_site=self)(request)

    def admin_view(self, view, cacheable=False):
        # Alpine, which moves these pages, makes functions out of text. No other page may.
        relaxed = csp_update({"script-src": [SELF, UNSAFE_EVAL]})
        return relaxed(super().admin_view(view, cacheable))
