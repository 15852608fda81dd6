"""The text assistant where people meet it: writing, dispatching, answering, looking after it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tongxin.language.model_files import save_model
from tongxin.language.training import train
from tongxin.requests.actions import file_request
from tongxin.testing import NOON
from tongxin.texts import actions, queries
from tongxin.texts.models import TextModel
from tongxin.texts.tests.conftest import SAID

pytestmark = pytest.mark.browser

LEAK = "厨房水管漏水没人修，楼下都滴水了"


@pytest.fixture
def used(world, settings, tmp_path) -> TextModel:
    settings.VAR_DIR = tmp_path
    queries.forget_loaded()
    said = [
        (f"{t}，{n}号楼", label) for label, texts in SAID.items() for t in texts for n in range(4)
    ]
    model = train(*zip(*said, strict=True))
    version = TextModel.objects.create(
        state="ready", is_sample=True, trained_on="我们编写的示例文本 60 条", n=60, classes=3,
        figures=model.figures, asked_at=NOON, ready_at=NOON, file="one.model",
    )  # fmt: skip
    version.digest = save_model(model, queries.path_of(version))
    version.save()
    TextModel.objects.create(state="failed", trouble="已停止。", asked_at=NOON, asked_by=world.ann)
    return actions.put_in_use(version=version, at=NOON, by=world.ann)


def test_writing_a_request(visit, used):
    one = visit()
    page = one.go(reverse("requests:new"))
    page.fill("[name=text]", LEAK)
    one.sees("您说的是不是")
    one.look()


def test_dispatching_and_answering(visit, used, world):
    case = file_request(
        text=LEAK,
        topic=world.pothole,
        region=world.pine,
        at=NOON + timedelta(minutes=5),
        actor=world.sun,
    )
    one = visit(world.zhang)
    page = one.go(reverse("cases:detail", args=[case.pk]))
    one.sees("因为说到了")
    one.look()
    one.press("改为 水管维修", exact=False)
    one.sees("事项已更正为“水管维修”")
    page = one.go(reverse("cases:move", args=[case.pk, "answer"]))
    page.fill(
        "[name=note]", "您反映的问题已转相关部门处理，感谢您的理解与支持，祝您生活愉快万事如意。"
    )
    one.sees("只是提醒")
    one.look()


def test_looking_after_versions(visit, used, world):
    one = visit(world.ann)
    one.go(reverse("texts:models"))
    one.sees("在用：第")
    one.go(reverse("texts:version", args=[used.pk]))
    one.sees("水管维修")
