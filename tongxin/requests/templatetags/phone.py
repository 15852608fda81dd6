"""Tags of the pages on the phone: `{% load phone %}`."""

from django import template

from tongxin.kit.worktime import parse_norm

register = template.Library()

# One picture for each category of the sample catalogue, by its code; the catalogue is editable.
ICONS = {
    "01": "stethoscope", "02": "building-factory-2", "03": "sparkles", "04": "tool", "05": "road",
    "06": "plant-2", "07": "parking", "08": "building", "09": "messages", "10": "shopping-bag",
    "11": "wheelchair", "12": "gift", "13": "briefcase", "14": "gavel", "15": "ball-basketball",
}  # fmt: skip


@register.filter
def category_icon(code: str) -> str:
    """Return the icon of a category, a list's for one we have none for."""
    return ICONS.get(code, "list-details")


@register.filter
def norm_words(norm: str) -> str:
    """ "2wd" as people say it: "2 工作日"."""
    return parse_norm(norm).label()


@register.filter
def hours(minutes: int) -> str:
    """Minutes as hours with one decimal, whole ones without: "1.5", "12"."""
    return f"{minutes / 60:.1f}".removesuffix(".0")
