"""The tags and filters that pages are drawn with."""

import json
import os
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template import Context, Template
from django.test import RequestFactory

from tongxin.ui import assets
from tongxin.ui.templatetags.ui import look_of

NOW = datetime(2026, 11, 3, 6, 20, tzinfo=UTC)


def draw(source, **context):
    return Template("{% load ui %}" + source).render(Context({"now": NOW, **context}))


def line(*states, left="", tone="ok"):
    dots = [
        {"char": char, "title": f"{char}单", "state": state, "at": NOW, "who": "王芳"}
        for char, state in zip("点派接验评", states, strict=True)
    ]
    return {"dots": dots, "left": left, "tone": tone}


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class TestDotLine:
    def test_says_each_step_in_words_and_marks_the_current_one(self):
        html = draw(
            "{% dot_line line %}",
            line=line("done", "now", "todo", "todo", "todo", left="还剩 3 工作时"),
        )
        assert "点单 已完成 王芳" in words(html)
        assert "派单 进行中" in words(html)
        assert "还剩 3 工作时" in words(html)
        assert html.count("aria-current") == 1
        assert html.count("<li") == 5

    def test_late_differs_by_shape_and_word(self):
        html = draw(
            "{% dot_line line %}", line=line("done", "late", "todo", "todo", "todo", tone="late")
        )
        assert "dot-late" in html
        assert "派单 已超期" in words(html)
        assert re.search(r'<li[^>]*aria-current="step"[^>]*><span class="dot dot-late"', html)

    def test_a_past_late_step_is_not_current(self):
        html = draw("{% dot_line line %}", line=line("late", "now", "todo", "todo", "todo"))
        assert re.search(r'aria-current="step"[^>]*><span class="dot dot-now"', html)
        assert html.count("aria-current") == 1

    def test_the_large_one_tells_when_and_who(self):
        html = draw(
            '{% dot_line line size="lg" %}', line=line("done", "now", "todo", "todo", "todo")
        )
        assert "今天 14:20" in html
        assert "2026年11月3日 周二 14:20:00" in html


def test_friendly_time_is_exact_on_hover():
    html = draw("{{ at|friendly_time:now }}", at=NOW)
    assert html == (
        '<time datetime="2026-11-03T06:20:00+00:00" title="2026年11月3日 周二 14:20:00">今天 14:20</time>'
    )
    assert draw("{{ nothing|friendly_time:now }}", nothing=None) == ""


def test_a_badge_has_a_shape_besides_colour_and_word():
    html = draw('{{ "late"|state_badge:text }}', text="<超期>")
    assert "tone-late" in html
    assert "<svg" in html
    assert "&lt;超期&gt;" in html


def test_masked_is_escaped():
    assert draw("{{ name|masked }}", name="<b>") == "&lt;**"


class TestIcon:
    def test_is_decoration_unless_named(self):
        assert 'aria-hidden="true"' in draw('{% icon "inbox" %}')
        assert 'role="img" aria-label="收件箱"' in draw('{% icon "inbox" "收件箱" %}')

    def test_an_unknown_name_is_an_error(self):
        with pytest.raises(assets.AssetsMissing, match="no-such-icon"):
            draw('{% icon "no-such-icon" %}')


class TestVite:
    def test_links_what_was_built(self):
        html = draw('{% vite "main" %}')
        assert re.search(
            r'<link rel="stylesheet" href="/static/ui/dist/main\.[0-9a-f]{12}\.css">', html
        )
        assert re.search(
            r'<script type="module" src="/static/ui/dist/main\.[0-9a-f]{12}\.js">', html
        )

    def test_says_what_to_do_when_nothing_was_built(self, monkeypatch, tmp_path):
        monkeypatch.setattr(assets, "DIST", tmp_path)
        with pytest.raises(assets.AssetsMissing, match="make assets"):
            draw('{% vite "main" %}')

    def test_an_unknown_entry_is_an_error(self):
        with pytest.raises(assets.AssetsMissing, match="other"):
            draw('{% vite "other" %}')

    def test_a_new_build_is_seen_without_a_restart(self, monkeypatch, tmp_path):
        monkeypatch.setattr(assets, "DIST", tmp_path)
        manifest = tmp_path / "manifest.json"
        for stamp, name in enumerate(["one.js", "two.js"]):
            manifest.write_text(json.dumps({"main.js": {"file": name}}))
            os.utime(manifest, ns=(stamp, stamp))
            assert assets.entry("main")["scripts"] == [f"/static/ui/dist/{name}"]


class SampleForm(forms.Form):
    phone = forms.CharField(label="手机号", help_text="11 位数字", max_length=11)
    note = forms.CharField(label="说明", required=False, max_length=50, widget=forms.Textarea)
    agree = forms.BooleanField(label="同意")
    way = forms.ChoiceField(label="方式", choices=[("a", "上门")], widget=forms.RadioSelect)


class TestFormField:
    def test_help_and_error_are_tied_to_the_field(self):
        html = draw("{% form_field form.phone %}", form=SampleForm({"phone": "1" * 12}))
        assert 'aria-describedby="id_phone_help id_phone_error"' in html
        assert 'aria-invalid="true"' in html
        assert 'id="id_phone_help">11 位数字' in html
        assert 'id="id_phone_error"' in html
        assert '<label class="form-label" for="id_phone">' in html

    def test_a_good_field_has_no_error_and_optional_ones_say_so(self):
        html = draw("{% form_field form.note rows=4 data_x='y' %}", form=SampleForm())
        assert "aria-invalid" not in html
        assert "选填" in html
        assert 'rows="4"' in html
        assert 'data-x="y"' in html
        assert 'data-count-for="id_note"' in html

    def test_radio_buttons_are_a_group_with_a_legend(self):
        html = draw("{% form_field form.way %}", form=SampleForm({}))
        assert "<legend>方式" in html
        assert 'aria-describedby="id_way_error"' in html
        assert html.count('type="radio"') == 1

    def test_a_box_stands_before_its_words(self):
        html = draw("{% form_field form.agree %}", form=SampleForm())
        assert html.index("<input") < html.index("<label")


def test_a_figure_links_to_the_cases_it_counts():
    html = draw('{% stat_tile "超期" 3 url="/late/" unit="件" why="/why/" %}')
    assert 'href="/late/"' in html
    assert 'href="/why/"' in html
    assert draw('{% stat_tile "超期" 3 %}').count("<a") == 0


def test_an_empty_list_offers_the_next_step():
    assert 'href="/all/"' in draw('{% empty "inbox" "没有订单" "稍后再看" "/all/" "看全部" %}')


def test_paging_keeps_the_filters():
    request = RequestFactory().get("/cases/?street=1&street=2&cursor=old")
    html = draw('{% pagination next_cursor="new" %}', request=request)
    assert 'href="?street=1&amp;street=2&amp;cursor=new"' in html
    assert "上一页" not in html
    assert draw("{% pagination %}", request=request).strip() == ""


def test_query_changes_some_words_of_the_address():
    request = RequestFactory().get("/cases/?a=1&b=2")
    assert draw("{% query a=3 b=None %}", request=request) == "?a=3"


def test_a_message_may_be_taken_back():
    undoable = Message(constants.SUCCESS, "已派单", extra_tags="undo=/cases/1/undo/")
    assert look_of(undoable) == {"tone": "done", "icon": "circle-check", "undo": "/cases/1/undo/"}
    assert look_of(Message(constants.ERROR, "没有办成"))["undo"] == ""


def test_a_case_card_draws_what_it_is_given():
    card = {
        "number": "0042",
        "title": "灯不亮",
        "url": "/c/42",
        "at": NOW,
        "line": line("done", "now", "todo", "todo", "todo"),
    }
    html = draw('{% include "ui/parts/case_card.html" %}', card=card)
    assert 'data-row="0042"' in html
    assert "data-pick" not in html
    assert "data-pick" in draw(
        '{% include "ui/parts/case_card.html" with selectable=True %}', card=card
    )


def test_the_timeline_tells_a_broken_chain():
    event = SimpleNamespace(
        what="派单", who="陈洁", at=NOW, note="<b>", took="", evidence=[], icon="", tone=""
    )
    good = draw('{% include "ui/parts/timeline.html" %}', events=[event], chain_ok=True)
    bad = draw('{% include "ui/parts/timeline.html" %}', events=[event], chain_ok=False)
    assert "&lt;b&gt;" in good
    assert "未被改动" in good
    assert "校验未通过" in bad
    assert "校验" not in draw('{% include "ui/parts/timeline.html" %}', events=[event]).replace(
        "shield", ""
    )
