"""Copies are numbered, secrets marked where they may be, papers issued together by all their heads."""

import pytest
from django.test import Client

from tongxin.accounts.models import AuditEntry, Notice
from tongxin.documents import actions, queries
from tongxin.documents.actions.drafting import print_of
from tongxin.documents.models import Document
from tongxin.documents.papers import sheet_of
from tongxin.kit.errors import Invalid, NotFound
from tongxin.orgs.models import Org
from tongxin.testing import NOON

from .conftest import BODY

pytestmark = pytest.mark.usefixtures("quick")


def as_user(user) -> Client:
    client = Client()
    client.force_login(user, "tongxin.orgs.signing.Backend")
    return client


def form(**more) -> dict:
    return {"title": "通知", "main": "水务局", "body": BODY, "reply_by": "2099-03-20"} | more


class TestSecrecy:
    def test_nothing_secret_is_written_where_the_house_is_not_built_for_it(self, office):
        with pytest.raises(actions.SecretPaper, match="没有按涉密信息系统建设"):
            office.letter(secrecy="秘密")
        assert not Document.objects.exists()
        made = office.letter()
        page = as_user(office.drafter).get(f"/documents/{made.pk}/edit/").content.decode()
        assert 'name="secrecy"' not in page and 'name="print_run"' in page

    @pytest.mark.parametrize(
        ("heads", "field"),
        [
            ({"secrecy": "内部"}, "secrecy"),
            ({"secrecy_term": "5年"}, "secrecy"),
            ({"secrecy": "秘密", "secrecy_term": "永远"}, "secrecy_term"),
            ({"secrecy": "秘密", "secrecy_term": "11年"}, "secrecy_term"),
            ({"secrecy": "绝密", "secrecy_term": "31年"}, "secrecy_term"),
            ({"print_run": 0}, "print_run"),
        ],
    )
    def test_what_the_rules_do_not_know_is_refused(self, office, settings, heads, field):
        settings.TONGXIN_SECRET_PAPERS = True
        with pytest.raises(Invalid) as refusal:
            office.letter(**heads)
        assert refusal.value.field == field and not Document.objects.exists()

    def test_where_it_is_a_secret_paper_needs_numbered_copies_and_says_both(self, office, settings):
        settings.TONGXIN_SECRET_PAPERS = True
        made, client = office.letter(), as_user(office.drafter)
        before = print_of(made)
        answer = client.post(
            f"/documents/{made.pk}/edit/",
            form(secrecy="机密", secrecy_term="20年", urgency="特急", then="submit"),
        )
        assert "涉密公文应当标注份号" in answer.content.decode()
        made.refresh_from_db()
        assert made.is_draft and print_of(made) != before  # what is approved says how secret it is
        client.post(f"/documents/{made.pk}/edit/", form(secrecy="机密", secrecy_term="20年", urgency="特急", print_run="30", then="submit"))  # fmt: skip
        made = Document.objects.get()
        assert made.step == "reviewing"
        sheet = sheet_of(made)
        assert (sheet.copy, sheet.secrecy, sheet.urgency) == ("000001", "机密★20年", "特急")

    def test_each_copy_is_printed_with_its_number_and_written_down(self, office):
        made = office.issued(print_run=12)
        drafter, url = as_user(office.drafter), f"/documents/{made.pk}/copy.pdf"
        assert drafter.get(url, {"n": "12"})["Content-Type"] == "application/pdf"
        assert AuditEntry.objects.get(action="document.copy").object.endswith("000012")
        for wrong in ("13", "0", "x"):
            answer = drafter.get(url, {"n": wrong}, headers={"accept": "application/json"})
            assert answer.status_code == 409
        assert as_user(office.world.li).get(url, {"n": "1"}).status_code == 404
        assert AuditEntry.objects.filter(action="document.copy").count() == 1
        plain = office.issued()
        with pytest.raises(actions.NoSuchCopy):
            actions.print_copy(plain, 1, by=office.drafter, at=NOON)


class TestJointIssue:
    @pytest.fixture
    def three(self, office):
        """The office issues with roads and water, each with a head who may sign for it."""
        world = office.world
        office.head_of_roads = world.person("xu", "徐静", world.roads, "leader")
        office.head_of_water = world.person("jin", "金波", world.water, "leader")
        office.joint = [world.roads, world.water]
        return office

    def reviewed(self, office, **more) -> Document:
        given = {"joint": office.joint, "recipients": [office.world.district_office]}
        made = office.letter(**given | more)
        actions.submit(made, by=office.drafter, at=NOON)
        return actions.review(made, by=office.checker, at=NOON)

    def test_every_head_signs_before_the_main_unit_does(self, three):
        made, world = self.reviewed(three), three.world
        told = Notice.objects.filter(title__startswith="请联合会签").values_list("user__username")
        assert set(told) == {("xu",), ("jin",)}
        # A handler of the unit reads it; only its head signs for it.
        assert Document.objects.visible_to(world.li).filter(pk=made.pk).exists()
        assert queries.verbs_for(world.li, made) == []
        with pytest.raises(NotFound):
            actions.countersign(made, by=world.li, at=NOON)
        actions.countersign(made, by=three.head_of_water, at=NOON)
        assert Document.objects.get().step == "countersigning"
        made = actions.countersign(made, by=three.head_of_roads, at=NOON)
        assert Document.objects.get().step == "signing"
        sheet = sheet_of(actions.sign(made, by=three.leader, at=NOON))
        names = ["滨海新区纪委监委", "城市管理委", "水务局"]
        assert sheet.orgs == names and sheet.org == sheet.printer == names[0]
        assert queries.listed_documents(three.head_of_water).filter(pk=made.pk).exists()

    def test_one_that_objects_sends_it_back_and_all_sign_again(self, three):
        made = self.reviewed(three)
        actions.countersign(made, by=three.head_of_water, at=NOON)
        actions.countersign(made, agrees=False, note="第二条与我委职责不符。", by=three.head_of_roads, at=NOON)  # fmt: skip
        assert Document.objects.get().is_draft
        assert not made.countersigns.filter(agreed_by__isnull=False).exists()

    def test_an_upward_paper_names_all_who_signed_in_the_order_of_the_units(self, three):
        made = self.reviewed(three, kind="report", reply_by=None)
        for head in (three.head_of_water, three.head_of_roads):
            actions.countersign(made, by=head, at=NOON)
        sheet = sheet_of(actions.sign(made, by=three.leader, at=NOON))
        assert sheet.signers == ["薄文", "徐静", "金波"] and sheet.heads == sheet.orgs
        assert sheet_of(made, joint=["甲"]).signers[1:] == ["　"]  # unsaved: nobody has signed

    def test_units_of_another_level_do_not_issue_together(self, three):
        below = Org.objects.create(name="纪委一室", kind="party", parent=three.org, region=three.world.tong, unit_kind="branch")  # fmt: skip
        for org in (three.world.north_office, below):
            with pytest.raises(actions.NotPeers, match="不是同级机关"):
                three.letter(joint=[org])
        for more in ({"joint": [three.org]}, {"joint": three.joint, "countersigns": three.joint}):
            with pytest.raises(Invalid):
                three.letter(**more)
        assert not Document.objects.exists()

    def test_a_unit_nobody_can_sign_for_is_told_before_it_goes_on(self, office):
        made = office.letter(joint=[office.world.water])
        with pytest.raises(actions.NobodyApproves, match="水务局"):
            actions.submit(made, by=office.drafter, at=NOON)
        assert Document.objects.get().is_draft

    def test_on_the_page_and_over_the_api(self, three, api):
        made, client = three.letter(), as_user(three.drafter)
        page = client.post(f"/documents/{made.pk}/edit/", form(main="", joint="没有的局"))
        assert "没有找到联合行文单位" in page.content.decode()
        client.post(f"/documents/{made.pk}/edit/", form(main="", joint="城市管理委\n水务局"))
        assert [row.org.name for row in made.joint_units()] == ["城市管理委", "水务局"]
        assert "城市管理委、水务局" in client.get(f"/documents/{made.pk}/").content.decode()
        words = {"title": "新", "body": "正文。", "joint": ["水务局"], "urgency": "加急", "print_run": 3}  # fmt: skip
        three.world.hao = three.drafter
        whole = api("hao", "PUT", f"/documents/{made.pk}", words).json()
        assert (whole["joint"], whole["urgency"], whole["print_run"]) == (["水务局"], "加急", 3)
        del words["urgency"], words["print_run"]
        whole = api("hao", "PUT", f"/documents/{made.pk}", words).json()
        assert (whole["urgency"], whole["print_run"]) == ("加急", 3)  # what is not said stays
