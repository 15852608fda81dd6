"""The registers of orgs as spreadsheets: party units, members, posts, volunteers."""

from .members import MemberSheet
from .posts import PostSheet
from .units import UnitSheet
from .volunteers import VolunteerSheet

SHEETS = (UnitSheet(), MemberSheet(), PostSheet(), VolunteerSheet())

__all__ = ["SHEETS", "MemberSheet", "PostSheet", "UnitSheet", "VolunteerSheet"]
