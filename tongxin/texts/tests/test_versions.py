"""Versions of the model: asked for, trained by the worker, compared, put in use, looked at."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tongxin.accounts.models import AuditEntry
from tongxin.cases.models import Case
from tongxin.kit.errors import NotPermitted
from tongxin.language.topics import ModelBroken
from tongxin.requests.actions import file_request
from tongxin.testing import NOON
from tongxin.texts import actions, queries, sample
from tongxin.texts.actions import AtWork, NotReady, TooFewCases
from tongxin.texts.models import TextModel

from .conftest import SAID

LATER = NOON + timedelta(days=1)


@pytest.fixture
def history(world):
    """Ended requests: every message of the lesson under the topic people settled on."""
    topics = {topic.code: topic for topic in (world.tap, world.errand, world.pothole)}
    for label, texts in SAID.items():
        for place, text in enumerate(texts * 5):
            case = file_request(
                text=f"{text}，{place}号楼，请来看看", topic=topics[queries.code_of(label)],
                region=world.pine, at=NOON, actor=world.sun,
            )  # fmt: skip
            Case.objects.filter(pk=case.pk).update(
                step="closed", closed_at=LATER, is_private=False, rings_at=None
            )


class TestTraining:
    def test_the_worker_trains_what_was_asked_for(self, world, var, history):
        version = actions.ask_training(at=LATER, by=world.ann)
        assert version.state == "queued"
        assert actions.train_due(at=LATER) == 1
        version.refresh_from_db()
        assert (version.state, version.n, version.classes) == ("ready", 75, 3)
        assert version.trained_on == "已办结的单 75 张"
        assert version.figures["folds"] == 5
        assert not version.is_used  # a person decides
        assert queries.path_of(version).exists()
        assert actions.train_due(at=LATER) == 0

    def test_only_the_administrator_asks(self, world, var, history):
        with pytest.raises(NotPermitted):
            actions.ask_training(at=LATER, by=world.gao)
        assert not TextModel.objects.exists()

    def test_one_at_a_time(self, world, var, history):
        actions.ask_training(at=LATER, by=world.ann)
        with pytest.raises(AtWork):
            actions.ask_training(at=LATER, by=world.ann)

    def test_too_little_is_refused(self, world, var):
        with pytest.raises(TooFewCases, match="只有 0 张"):
            actions.ask_training(at=LATER, by=world.ann)

    def test_private_cases_teach_nothing(self, world, var, history):
        secret = Case.objects.first()
        Case.objects.filter(pk=secret.pk).update(is_private=True, text="张三的秘密琥珀")
        lessons = queries.lessons()
        assert lessons.cases == 74
        assert not any("琥珀" in text for text in lessons.texts)

    def test_sample_items_without_cases_keep_our_texts(self, world, var, history):
        assert queries.lessons().cases == len(queries.lessons().texts)
        world.tap.is_sample = world.errand.is_sample = True
        world.tap.save()
        Case.objects.filter(topic=world.errand).update(is_private=True)
        world.errand.save()
        lessons = queries.lessons()
        composed = {
            label for label, at in zip(lessons.labels, lessons.ended, strict=True) if at is None
        }
        assert composed == {"0102 代买代办"}

    def test_a_training_that_died_is_taken_up_again_and_then_given_up(self, world, var, history):
        version = actions.ask_training(at=LATER, by=world.ann)
        TextModel.objects.update(state="training", started_at=LATER, tries=1)
        assert actions.train_due(at=LATER + timedelta(minutes=5)) == 0
        assert actions.train_due(at=LATER + timedelta(hours=2)) == 1
        version.refresh_from_db()
        assert (version.state, version.tries) == ("ready", 2)
        TextModel.objects.update(state="training", started_at=LATER, tries=3)
        actions.train_due(at=LATER + timedelta(hours=2))
        version.refresh_from_db()
        assert (version.state, version.trouble) == ("failed", "训练中断了 3 次，已停止。")

    def test_what_cannot_be_learnt_says_why(self, world, var, history):
        Case.objects.update(topic=world.tap)
        version = actions.ask_training(at=LATER, by=world.ann)
        actions.train_due(at=LATER)
        version.refresh_from_db()
        assert version.state == "failed"
        assert "一个类别" in version.trouble


class TestComparing:
    def test_on_texts_that_neither_has_learnt(self, world, used, history, var):
        version = actions.train_now(at=LATER, by=None)
        assert version.rival["version"] == used.pk
        assert version.rival["n"] == 75
        assert 0 <= version.rival["macro_f1"] <= 1
        better = version.rival["new_macro_f1"] > version.rival["macro_f1"]
        assert actions.is_better(version) is better

    def test_texts_from_before_the_other_was_trained_do_not_count(self, world, used, history, var):
        TextModel.objects.update(ready_at=LATER + timedelta(days=1))
        version = actions.train_now(at=LATER, by=None)
        assert version.rival == {"n": 0}
        assert not actions.is_better(version)

    def test_the_first_is_better_than_none(self, ready):
        assert actions.is_better(ready)


class TestPuttingInUse:
    def test_one_is_in_use(self, world, used, small_model):
        other = TextModel.objects.create(
            state="ready", asked_at=NOON, file=used.file, digest=used.digest, figures=used.figures
        )
        actions.put_in_use(version=other, at=LATER, by=world.ann)
        assert list(TextModel.objects.used()) == [other]
        assert (queries.folder() / actions.IN_USE).exists()
        entry = AuditEntry.objects.filter(action="texts.use").last()
        assert (entry.actor, entry.object) == (world.ann, str(other))

    def test_the_process_takes_the_new_one_up(self, world, used):
        assert queries.model_in_use()[0] == used.pk
        other = TextModel.objects.create(
            state="ready", asked_at=NOON, file=used.file, digest=used.digest, figures=used.figures
        )
        actions.put_in_use(version=other, at=LATER, by=world.ann)
        assert queries.model_in_use()[0] == other.pk

    def test_not_before_it_is_trained(self, world, ready):
        TextModel.objects.update(state="training")
        ready.refresh_from_db()
        with pytest.raises(NotReady):
            actions.put_in_use(version=ready, at=NOON, by=world.ann)

    def test_not_with_a_file_that_was_exchanged(self, world, ready):
        queries.path_of(ready).write_bytes(b"something else")
        with pytest.raises(ModelBroken):
            actions.put_in_use(version=ready, at=NOON, by=world.ann)
        assert not TextModel.objects.used().exists()

    def test_only_the_administrator(self, world, ready):
        with pytest.raises(NotPermitted):
            actions.put_in_use(version=ready, at=NOON, by=world.gao)
        with pytest.raises(NotPermitted):
            actions.stop_using(at=NOON, by=world.gao)

    def test_stopping(self, world, used):
        actions.stop_using(at=LATER, by=world.ann)
        assert queries.model_in_use() is None
        assert not (queries.folder() / actions.IN_USE).exists()


class TestTheSample:
    def test_a_new_installation_has_one(self, world, var, monkeypatch, small_model):
        monkeypatch.setattr(sample, "sample_model", lambda folder, progress=None: small_model)
        assert actions.make_sample(at=NOON) is None  # its catalogue is its own
        world.tap.is_sample = True
        world.tap.save()
        version = actions.make_sample(at=NOON)
        assert (version.is_sample, version.is_used) == (True, True)
        assert actions.make_sample(at=NOON) is None

    def test_the_composed_texts_name_every_item(self):
        labels = {label for _text, label in sample.sample_texts()}
        assert len(labels) == 56
        assert all(len(queries.code_of(label)) == 4 for label in labels)

    def test_it_is_learnt_once_and_again_when_the_texts_change(self, tmp_path, monkeypatch):
        lesson = [
            (f"{text}{n}", label) for label, said in SAID.items() for text in said for n in (1, 2)
        ]
        monkeypatch.setattr(sample, "sample_texts", lambda: lesson)
        sample.sample_model(tmp_path)
        first = (tmp_path / sample.FILE).stat().st_mtime_ns
        sample.sample_model(tmp_path)
        assert (tmp_path / sample.FILE).stat().st_mtime_ns == first
        lesson.append(("路面塌陷", "0103 道路坑洼"))
        sample.sample_model(tmp_path)
        assert (tmp_path / sample.FILE).stat().st_mtime_ns > first


class TestPages:
    def test_only_the_administrator_sees_them(self, client, world, used):
        names = [reverse("texts:models"), reverse("texts:version", args=[used.pk])]
        for address in names:
            client.force_login(world.gao)
            assert client.get(address).status_code == 404
            client.force_login(world.ann)
            assert client.get(address).status_code == 200

    def test_versions_and_figures(self, client, world, used):
        client.force_login(world.ann)
        page = client.get(reverse("texts:models")).content.decode()
        assert "在用：第" in page
        assert f"{used.figures['macro_f1']:.3f}" in page
        assert "不公开的单一个字也不学" in page

    def test_figures_by_class(self, client, world, used):
        client.force_login(world.ann)
        page = client.get(reverse("texts:version", args=[used.pk])).content.decode()
        assert "0101 水管维修" in page

    def test_ask_train_use_stop(self, client, world, ready, history):
        client.force_login(world.ann)
        client.post(reverse("texts:train"))
        asked = TextModel.objects.first()
        assert asked.state == "queued"
        waiting = client.get(reverse("texts:progress", args=[asked.pk]))
        assert "HX-Refresh" not in waiting.headers
        actions.train_due(at=LATER)
        assert (
            client.get(reverse("texts:progress", args=[asked.pk])).headers["HX-Refresh"] == "true"
        )
        client.post(reverse("texts:use", args=[asked.pk]))
        assert TextModel.objects.used().get() == asked
        client.post(reverse("texts:stop"))
        assert not TextModel.objects.used().exists()

    def test_others_cannot_post(self, client, world, ready):
        client.force_login(world.gao)
        assert client.post(reverse("texts:train")).status_code == 404
        assert client.post(reverse("texts:use", args=[ready.pk])).status_code == 404
        assert client.post(reverse("texts:stop")).status_code == 404
        assert not TextModel.objects.used().exists()

    def test_a_broken_file_is_said_on_the_page(self, client, world, used):
        Path(queries.path_of(used)).unlink()
        queries.forget_loaded()
        client.force_login(world.ann)
        page = client.get(reverse("texts:models")).content.decode()
        assert "没有使用" in page

    def test_a_failed_training_says_why(self, client, world, var):
        TextModel.objects.create(state="failed", trouble="磁盘满了", asked_at=NOON)
        client.force_login(world.ann)
        assert "磁盘满了" in client.get(reverse("texts:models")).content.decode()

    def test_few_queries_however_many_versions(self, client, world, used):
        TextModel.objects.bulk_create(
            TextModel(state="ready", asked_at=NOON, asked_by=world.ann) for _ in range(60)
        )
        client.force_login(world.ann)
        client.get(reverse("texts:models"))
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("texts:models"))
        assert len(seen) <= 8, [one["sql"][:90] for one in seen]


class TestTheCommand:
    def test_retrain_uses_what_is_better(self, world, var, history, monkeypatch):
        from click.testing import CliRunner

        from tongxin.cli import main, text_topics

        for name in ("boot", "need_tables"):
            monkeypatch.setattr(text_topics, name, lambda **more: None)
        said = CliRunner().invoke(main, ["text", "retrain", "--use"])
        assert said.exit_code == 0, said.output
        assert "已启用" in said.stdout
        assert TextModel.objects.used().get().trained_on == "已办结的单 75 张"
        said = CliRunner().invoke(main, ["text", "retrain", "--use", "--json"])
        assert '"used": false' in said.stdout  # nothing ended since: they cannot be compared

    def test_too_little_is_said(self, world, var, monkeypatch):
        from click.testing import CliRunner

        from tongxin.cli import main, text_topics

        for name in ("boot", "need_tables"):
            monkeypatch.setattr(text_topics, name, lambda **more: None)
        said = CliRunner().invoke(main, ["text", "retrain"])
        assert said.exit_code == 1
        assert "至少要 60 张" in said.stderr
