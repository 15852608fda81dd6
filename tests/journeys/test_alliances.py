"""An alliance in a browser: the desk's board and joint review; the owner's phone, from problem to stars."""

from datetime import UTC, datetime
from random import Random

import pytest

from tongxin.accounts.models import User
from tongxin.alliances.models import Alliance, AllianceProject, Park
from tongxin.demo.alliances import make_alliances
from tongxin.orgs.models import Org, Post

from .conftest import DESK, PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def alliance(world):
    """The named world with the demo's alliance in it."""
    world.person("district", "高立新", world.district_office, "officer")
    world.person("officer", "刘洋", world.north_office, "officer")
    for n in range(4):
        org = Org.objects.create(name=f"滨海新区第{n}局", kind="department", region=world.tong)
        for k in range(3):
            world.person(f"doer-{n}-{k}", f"经办{n}{k}", org, "handler")
    make_alliances(world.tong, Random(1), at=datetime.now(UTC))
    assert Post.objects.filter(user__username="owner").exists()
    return Alliance.objects.get()


@pytest.mark.parametrize("width", [DESK], indirect=True)
def test_the_desk_looks_over_its_projects_and_decides_jointly(visit, alliance):
    project = AllianceProject.objects.get(name="生物疫苗车间扩建")
    visitor = visit(User.objects.get(username="district"))
    visitor.go(f"/alliances/{alliance.pk}/")
    visitor.sees("第二工作部")
    visitor.go(f"/alliances/projects/{project.pk}/")
    visitor.press("办理审批事项")
    visitor.press("联合会审")
    page = visitor.page
    page.fill("[name=place]", "项目现场")
    page.fill("[name=chair]", "高立新")
    for code in ("planning_opinion", "energy"):
        item = project.dossier.items.get(code=code)
        page.select_option(f"[name=state_{item.pk}]", "granted")
    visitor.press("登记会审结论")
    visitor.sees("高立新 主持")
    assert project.dossier.reviews.get().verdicts.count() == 2


@pytest.mark.parametrize("width", [PHONE], indirect=True)
def test_the_owner_brings_a_problem_up_on_the_phone(visit, alliance):
    visitor = visit(User.objects.get(username="owner"))
    visitor.go("/alliances/mine/")
    visitor.press("提出问题 天津科学试验基地")
    visitor.page.select_option("[name=type]", label="用地")
    visitor.page.fill("[name=title]", "临时用水没有接通")
    visitor.press("提出问题")
    visitor.sees("临时用水没有接通")
    park = Park.objects.get(kind="park")
    visitor.go(f"/alliances/projects/{AllianceProject.objects.order_by('pk')[0].pk}/")
    assert park.problems.exists()


@pytest.mark.parametrize(("width", "details"), [(DESK, True), (PHONE, False)], indirect=["width"])
def test_every_main_page_can_be_read_by_everybody(visit, alliance, details):
    project = AllianceProject.objects.order_by("pk")[0]
    park, item = Park.objects.get(kind="park"), project.dossier.items.get(code="eia")
    visitor = visit(User.objects.get(username="district"))
    pages = (f"{alliance.pk}/", f"dossiers/{project.dossier.pk}/", "leads/", "ours/", "parks/",
             f"parks/{park.pk}/problems/")  # fmt: skip
    if details:
        pages = (f"projects/{project.pk}/", f"dossiers/{project.dossier.pk}/do/joint/",
                 f"approvals/{item.pk}/files/", f"parks/{park.pk}/")  # fmt: skip
    for page in pages:
        visitor.go(f"/alliances/{page}")
        visitor.look()
