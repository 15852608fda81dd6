"""Tags and filters of every page: `{% load ui %}`."""

from django import template
from django.contrib.messages import constants as levels
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from tongxin.ui import assets, wording

register = template.Library()

STATES = {"waiting", "working", "verify", "done", "late", "idle"}
STATE_ICONS = {
    "waiting": "hourglass-empty",
    "working": "progress",
    "verify": "eye-check",
    "done": "check",
    "late": "alert-triangle",
    "idle": "minus",
}
DOT_WORDS = {
    "done": _("已完成"),
    "now": _("进行中"),
    "todo": _("未到"),
    "late": _("已超期"),
    "skipped": _("已跳过"),
}
TONE_ICONS = {
    "ok": "clock",
    "soon": "clock-exclamation",
    "late": "alert-triangle",
    "waiting": "player-pause",
    "done": "check",
}
MESSAGE_LOOKS = {
    levels.DEBUG: ("idle", "bug"),
    levels.INFO: ("working", "info-circle"),
    levels.SUCCESS: ("done", "circle-check"),
    levels.WARNING: ("waiting", "alert-circle"),
    levels.ERROR: ("late", "alert-triangle"),
}


@register.simple_tag
def vite(name):
    """Link the built script and styles of an entry of frontend/: `{% vite "main" %}`."""
    parts = assets.entry(name)
    return mark_safe(  # noqa: S308 (joined from escaped pieces)
        format_html_join("\n", '<link rel="stylesheet" href="{}">', ((u,) for u in parts["styles"]))
        + format_html_join(
            "\n", '<link rel="modulepreload" href="{}">', ((u,) for u in parts["preloads"])
        )
        + format_html_join(
            "\n", '<script type="module" src="{}"></script>', ((u,) for u in parts["scripts"])
        )
    )


@register.simple_tag
def icon(name, label="", css=""):
    """Draw a Tabler outline icon; with a `label` it is an image with that name, else decoration."""
    spoken = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    inner = mark_safe(assets.icon(name))  # noqa: S308 (our own build output)
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" {} focusable="false">{}</svg>', css, spoken, inner
    )


@register.inclusion_tag("ui/parts/dot_line.html", takes_context=True)
def dot_line(context, line, size=""):
    """Draw the five-dot line; `size="lg"` adds title, time and person under each dot.

    `line` is {"dots": [{"char", "title", "state": done|now|todo|late|skipped, "at": datetime|None,
    "who": str}], "left": str, "tone": ok|soon|late|waiting|done}.
    """
    dots = [{**dot, "word": DOT_WORDS[dot["state"]]} for dot in line["dots"]]
    current = next((d for d in dots if d["state"] == "now"), None)
    current = current or next((d for d in reversed(dots) if d["state"] == "late"), None)
    for dot in dots:
        dot["current"] = dot is current
        dot["reached"] = dot["state"] in {"done", "now", "late"}
    tone = line.get("tone") or "ok"
    return {
        "dots": dots,
        "left": line.get("left", ""),
        "tone": tone,
        "tone_icon": TONE_ICONS[tone],
        "size": size,
        "now": context.get("now"),
    }


@register.filter
def with_main(page):
    """Say which part of a page of the administrator's library is its main part: it does not."""
    return mark_safe(str(page).replace('<div id="main"', '<div id="main" role="main"', 1))  # noqa: S308


@register.filter
def friendly_time(at, now=None):
    """Write a moment as people say it, exact on hover: `{{ event.at|friendly_time:now }}`."""
    if not at:
        return ""
    spoken = wording.friendly_time(at, now or timezone.now())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), wording.exact_time(at), spoken
    )


@register.filter
def state_badge(state, text):
    """Draw a badge of shape, word and colour: `{{ "waiting"|state_badge:"待派单" }}`.

    `state` is waiting, working, verify, done, late or idle.
    """
    drawn = icon(STATE_ICONS[state])
    return format_html('<span class="badge tone-{}">{}{}</span>', state, drawn, text)


@register.filter
def masked(text):
    """Hide the middle of a phone, identity number or name: 138****5678, 王**."""
    return wording.masked(text)


@register.filter
def look_of(message):
    """Return {"tone", "icon", "undo"} of a Django message; the tag `undo=URL` offers to take it back."""
    tone, drawn = MESSAGE_LOOKS.get(message.level, MESSAGE_LOOKS[levels.INFO])
    undo = next((t[5:] for t in (message.extra_tags or "").split() if t.startswith("undo=")), "")
    return {"tone": tone, "icon": drawn, "undo": undo}


@register.inclusion_tag("ui/parts/empty.html")
def empty(icon, title, text="", url="", label=""):
    """Draw the state of a list with nothing in it, with the next step."""
    return {"icon": icon, "title": title, "text": text, "url": url, "label": label}


@register.inclusion_tag("ui/parts/stat_tile.html")
def stat_tile(label, value, *, url="", unit="", note="", tone="", why=""):
    """Draw one figure as a link to the cases it counts; `why` links to its arithmetic."""
    return {
        "label": label,
        "value": value,
        "url": url,
        "unit": unit,
        "note": note,
        "tone": tone,
        "why": why,
    }


@register.inclusion_tag("ui/parts/pagination.html", takes_context=True)
def pagination(context, next_cursor="", previous_cursor="", param="cursor"):
    """Draw 上一页 / 下一页 by cursor, keeping the other words of the address."""
    return {
        "next_query": _with(context, param, next_cursor),
        "previous_query": _with(context, param, previous_cursor),
    }


def _with(context, param, value):
    if not value:
        return ""
    query = context["request"].GET.copy()
    query[param] = value
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def query(context, **changes):
    """Return the query string of this page with some words changed; None removes a word."""
    words = context["request"].GET.copy()
    for name, value in changes.items():
        words.pop(name, None) if value is None else words.__setitem__(name, value)
    return f"?{words.urlencode()}"


CONTROL_CLASSES = {
    "select": "form-select",
    "selectmultiple": "form-select",
    "checkbox": "form-check-input",
    "radioselect": "",
    "checkboxselectmultiple": "",
    "clearablefile": "form-control",
}


@register.inclusion_tag("ui/parts/form_field.html")
def form_field(field, help="", placeholder="", **attributes):
    """Draw a field of a Django form with its label, help and error tied together.

    Further words become attributes of the control, `_` for `-`: `{% form_field f.note rows=4 %}`.
    """
    kind = field.widget_type
    described = [f"{field.auto_id}_help"] if help or field.help_text else []
    described += [f"{field.auto_id}_error"] if field.errors else []
    attrs = {name.replace("_", "-"): value for name, value in attributes.items()}
    attrs["class"] = CONTROL_CLASSES.get(kind, "form-control")
    attrs["aria-describedby"] = " ".join(described) or None
    attrs["aria-invalid"] = "true" if field.errors else None
    attrs["placeholder"] = placeholder or None
    given = {name: value for name, value in attrs.items() if value is not None}
    return {
        "field": field,
        "help": help or field.help_text,
        "control": None if field.use_fieldset else field.as_widget(attrs=given),
        "described": " ".join(described),
        "kind": kind,
        "limit": field.field.max_length if kind == "textarea" else None,
    }


@register.simple_tag
def star_choices():
    """Return (stars, words), best first, as the row of stars is drawn from the right."""
    words = [_("非常满意"), _("满意"), _("一般"), _("不满意"), _("非常不满意")]
    return list(zip(range(5, 0, -1), words, strict=True))
