"""Forms: the administrator's (posts), and those of the pages of units and people."""

from .posts import (
    DayForm,
    OrgForm,
    PostForm,
    PostsFormSet,
    VolunteerForm,
    show_place,
)

__all__ = ["DayForm", "OrgForm", "PostForm", "PostsFormSet", "VolunteerForm", "show_place"]
