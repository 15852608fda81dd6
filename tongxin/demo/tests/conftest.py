"""The street on which parts of the demo are made."""

import pytest

from tongxin.accounts.models import User
from tongxin.orgs.actions import place_orgs
from tongxin.orgs.models import Org
from tongxin.regions.models import Region


@pytest.fixture
def land(db):
    """A street of six communities, each with its committee."""
    make = Region.objects.create
    district = make(
        code="120116", name="滨海新区", short_name="滨海新区", level="district", path="1/"
    )
    street = make(
        code="120116001", name="杭州道街道", short_name="杭州道街道", level="street", kind="street",
        parent=district, path="1/1/",
    )  # fmt: skip
    above = Org.objects.create(
        name="杭州道街道党工委", kind="party", region=street, unit_kind="work_committee"
    )
    for n in range(6):
        place = make(
            code=f"12011600100{n}", name=f"社区{n}", short_name=f"社区{n}", level="community",
            kind="community", parent=street, path=f"1/1/{n}/",
        )  # fmt: skip
        Org.objects.create(
            name=f"社区{n}党委", kind="party", region=place, parent=above, unit_kind="committee",
            sector="community",
        )  # fmt: skip
    place_orgs()
    User.objects.create(username="volunteer", name="王芳")
    return district
