"""A policy set: "1+n", its clauses cause tasks and rules, a rule leads back to its basis."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.accounts.models import Notice
from tongxin.kit.errors import Invalid
from tongxin.library import actions, queries
from tongxin.library.models import ClauseLink, Conformity, PolicyDocument, PolicySet
from tongxin.testing import NOON

TEXT = "第一条 每季度开一次联席会议。\n会前十日通知。\n第二条 考核结果计入年度评价。"
DAY = date(2026, 1, 1)


@pytest.fixture
def one_and(world, desk):
    """A set with its main document and `n` that support it."""

    def make(n=2, **changes):
        made = actions.begin_set(
            org=desk, name="城市基层党建制度体系", by=world.bai, at=NOON, **changes
        )
        add(made, world, role="main", title="主文件")
        for k in range(n):
            add(made, world, title=f"配套之{'甲乙丙丁戊己庚辛'[k]}")
        return made

    return make


def add(policy_set, world, **changes):
    given = {
        "role": "supporting", "title": "办法", "issuer": "北塘街道党工委", "issued_on": DAY,
        "effective_from": DAY, "text": TEXT, "by": world.bai, "at": NOON,
    } | changes  # fmt: skip
    return actions.add_document(policy_set, **given)


@pytest.mark.mission("S3.4", "S4.63")
def test_one_main_and_eight_that_support_it_each_with_clauses_and_tasks(world, one_and, as_):
    made = one_and(8)
    documents = queries.documents_of(made)
    assert queries.shape_of(documents) == "1+8" and {d.n_clauses for d in documents} == {2}
    clause = documents[0].clauses.first()
    assert (clause.name, clause.text) == ("第一条", "每季度开一次联席会议。\n会前十日通知。")
    sent = as_(world.bai).post(
        f"/library/policies/{documents[0].pk}/clauses/{clause.pk}/link/",
        {"what": "task", "kind": "key_task", "ref": "12", "label": "开好联席会议", "url": "/projects/12/"},
    )  # fmt: skip
    assert sent.status_code == 302
    page = as_(world.bai).get(f"/library/policies/{documents[0].pk}/").content.decode()
    assert "开好联席会议" in page and "/projects/12/" in page
    assert queries.documents_of(made)[0].n_tasks == 1
    with pytest.raises(actions.SecondMain):
        add(made, world, role="main")


@pytest.mark.mission("S3.5")
def test_from_a_rule_back_to_its_basis(world, one_and, as_):
    made = one_and(0)
    actions.publish_set(made, by=world.bai, at=NOON)
    clause = made.documents.get().clauses.last()
    link = {
        "what": "rule",
        "kind": "meeting_rules",
        "ref": "sample-2026",
        "label": "组织生活制度",
        "url": "/meetings/rules/",
    }
    for _n in range(2):
        actions.link_clause(clause, by=world.bai, at=NOON, **link)
    assert ClauseLink.objects.count() == 1
    part = (
        as_(world.liu).get("/library/basis/of/?kind=meeting_rules&id=sample-2026").content.decode()
    )
    assert "主文件 第二条" in part and "考核结果" in part
    assert (
        as_(world.liu).get("/library/basis/of/?kind=meeting_rules&id=other").content.strip() == b""
    )
    with pytest.raises(actions.BadSource):
        actions.link_clause(
            clause, by=world.bai, at=NOON, **link | {"ref": "x", "url": "https://evil.example/"}
        )
    with pytest.raises(actions.NotYourUnit):
        actions.link_clause(clause, by=world.qin, at=NOON, **link)


def test_a_document_is_replaced_by_one_that_comes_after_it(world, one_and):
    made = one_and(1)
    old = made.documents.get(role="main")
    with pytest.raises(actions.WrongDays):
        add(made, world, replaces=old, effective_from=DAY)
    new = add(made, world, title="新主文件", replaces=old, effective_from=date(2026, 7, 1))
    old.refresh_from_db()
    assert (old.effective_to, old.replaced_by, new.role) == (date(2026, 6, 30), new, "main")
    assert old.in_force(date(2026, 6, 30)) and not old.in_force(date(2026, 7, 1))
    assert queries.shape_of(queries.documents_of(made)) == "1+1"
    with pytest.raises(actions.WrongStep, match="已经被代替"):
        add(made, world, replaces=old, effective_from=date(2026, 9, 1))
    with pytest.raises(Invalid, match="重复"):
        add(made, world, text="第一条 甲\n第一条 乙")
    assert PolicyDocument.objects.count() == 3


def test_units_are_asked_to_read_and_answer_once(world, one_and, as_):
    made = one_and(0)
    document = made.documents.get()
    with pytest.raises(actions.WrongStep):
        actions.ask_to_read(document, orgs=[world.branch], by=world.bai, at=NOON)
    actions.publish_set(made, by=world.bai, at=NOON)
    assert (
        actions.ask_to_read(document, orgs=[world.branch, world.pine_office], by=world.bai, at=NOON)
        == 2
    )
    assert actions.ask_to_read(document, orgs=[world.branch], by=world.bai, at=NOON) == 0
    url = f"/library/policies/{document.pk}/"
    assert Notice.objects.filter(user=world.qin, url=url).count() == 1
    assert as_(world.qin).post(f"{url}read/").url == url
    row = document.audience.get(org=world.branch)
    assert row.read_by == world.qin
    with pytest.raises(actions.NotAsked):
        actions.confirm_read(document, by=world.tang, at=NOON)
    assert as_(world.bai).get(f"{url}receipts.xlsx").status_code == 200
    assert as_(world.qin).get(f"{url}receipts.xlsx").status_code == 404


def test_whom_to_ask_is_narrowed_and_all_of_them_are_asked_at_once(world, one_and, as_):
    made = one_and(0)
    actions.publish_set(made, by=world.bai, at=NOON)
    document = made.documents.get()
    url = f"/library/policies/{document.pk}/audience/"
    client = as_(world.bai)
    page = client.get(url).content.decode()
    assert world.pine_office.name in page and world.salt_office.name not in page
    few = client.get(f"{url}?q={world.pine_office.name}").content.decode()
    assert world.pine_office.name in few and f">{world.branch.name}<" not in few
    assert client.post(url, {}).status_code == 422 and not document.audience.exists()
    client.post(f"{url}?q={world.pine_office.name}", {"whole": "on"})
    assert document.audience.get().org == world.pine_office
    client.post(f"{url}?level=community", {"orgs": [world.branch.pk]})
    assert {row.org for row in document.audience.all()} == {world.pine_office, world.branch}
    assert client.post(url, {"orgs": [world.salt_office.pk]}).status_code == 422
    assert as_(world.qin).get(url).status_code == 404


def test_a_set_without_its_main_document_is_not_published(world, desk, client):
    made = actions.begin_set(org=desk, name="空", by=world.bai, at=NOON)
    with pytest.raises(actions.NoMain):
        actions.publish_set(made, by=world.bai, at=NOON)
    add(made, world, role="main")
    assert client.get("/library/policies/public/").content.decode().count("主文件") == 0
    actions.publish_set(made, by=world.bai, at=NOON)
    page = client.get(f"/library/policies/public/{made.documents.get().pk}/")
    assert "每季度开一次联席会议" in page.content.decode()
    PolicySet.objects.update(is_public=False)
    assert client.get(f"/library/policies/public/{made.documents.get().pk}/").status_code == 404


@pytest.mark.mission("S1.37")
def test_a_place_is_held_against_outside_process_and_inside(world, desk):
    made = actions.begin_set(org=desk, name="阵地建设规范", kind="standard", by=world.bai, at=NOON)
    for subject, text in (
        ("outside", "第一条 门头统一标识。"),
        ("process", "第一条 先审图后施工。"),
        ("inside", "第一条 一厅多室。"),
    ):
        add(made, world, subject=subject, text=text, title=subject)
    actions.publish_set(made, by=world.bai, at=NOON)
    clauses = [row["clause"] for d in queries.documents_of(made) for row in queries.clauses_of(d)]
    given = {
        "org": world.branch,
        "place": "松社区党群服务中心",
        "on": date(2026, 3, 1),
        "by": world.qin,
        "at": NOON,
    }
    verdicts = dict(zip([c.pk for c in clauses], ("yes", "none", "no"), strict=True))
    with pytest.raises(Invalid, match="写明"):
        actions.check_conformity(made, verdicts=verdicts, **given)
    with pytest.raises(Invalid, match="结论"):
        actions.check_conformity(made, verdicts={}, **given)
    assert not Conformity.objects.exists()
    check = actions.check_conformity(
        made, verdicts=verdicts, notes={clauses[2].pk: "没有图书室"}, **given
    )
    assert (check.met, check.missed) == (1, 1)


@pytest.mark.parametrize(
    ("text", "names"),
    [("一、要求\n（一）甲\n二、保障\n乙", ["一", "二"]), ("没有条号的通知。", ["全文"]), ("", []),
     ("前言\n第十一条 甲", ["第十一条"])],
)  # fmt: skip
def test_a_text_is_cut_at_its_articles_or_heads(text, names):
    assert [name for name, _text in actions.split_clauses(text)] == names
