"""A small site for the tests of the frame: the gallery, and pages that only a test needs."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template import engines
from django.urls import include, path

from tongxin.kit.errors import Stale

HEAD = '{% extends "ui/phone.html" %}{% load ui %}{% block heading %}页面{% endblock %}{% block main %}'
FORM = (
    HEAD
    + """<form method="post" enctype="multipart/form-data" data-draft="test" data-offline>{% csrf_token %}
    <div class="field{% if error %} has-error{% endif %}"><label for="title">标题</label>
    <input id="title" name="title" class="form-control" value="{{ request.POST.title }}"></div>
    <label for="note">说明</label><input id="note" name="note" value="{{ request.POST.note }}">
    <label for="photos">照片</label><input id="photos" name="photos" type="file" accept="image/*" multiple data-photos data-max="2">
    <button id="send">提交</button></form>{% endblock %}"""
)
THANKS = HEAD + "<p>谢谢</p>{% endblock %}"
LIVE = HEAD + '<div id="list" data-live="/rows/" data-live-every="0.2"></div>{% endblock %}'
MOVES = (
    HEAD
    + """<a id="open" href="/form/" data-dialog>派单</a>
    <form method="post" action="/thanks/" data-confirm="要作废吗？" data-confirm-verb="作废">{% csrf_token %}<button id="void">作废</button></form>{% endblock %}"""
)

taken = []
numbers = ["1", "2"]


def page(request, source, **context):
    return HttpResponse(engines["django"].from_string(source).render(context, request))


def form(request):
    """Take a form: refuse an empty title, else note what came and go to the page of thanks."""
    if request.method == "POST" and request.POST.get("title"):
        photos = [file.read() for file in request.FILES.getlist("photos")]
        taken.append(request.POST.dict() | {"photos": photos})
        messages.success(request, "已提交")
        return redirect("/thanks/")
    return page(request, FORM, error=request.method == "POST")


def rows(request):
    tag = f'"{len(numbers)}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304)
    html = "".join(f'<p data-row="{n}"><a href="#{n}">第 {n} 条</a></p>' for n in numbers)
    return HttpResponse(html, headers={"ETag": tag})


def stale(request):
    raise Stale("这张订单已被王芳于 10:42 接走", remedy="去看看其他订单。")


def broken(request):
    raise RuntimeError


urlpatterns = [
    path("ui/", include("tongxin.ui.urls")),
    path("form/", form),
    path("thanks/", page, {"source": THANKS}),
    path("live/", page, {"source": LIVE}),
    path("moves/", page, {"source": MOVES}),
    path("rows/", rows),
    path("stale/", stale),
    path("broken/", broken),
]
