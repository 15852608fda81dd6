"""文本助手 over HTTP: advice on a text and on a reply. Nothing is kept and nothing is decided."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.ui.wire import reply

from . import queries

router = Router(tags=["texts"])


class TextIn(BaseModel):
    """What somebody wrote."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=100_000, description="the first 3,000 characters are read")
    title: str = Field("", max_length=200)


class TopicSuggested(Schema):
    topic: str = Field(description="code of a topic of the catalogue")
    name: str
    confidence: float | None = Field(description="0–1; null if found by keywords")
    words: list[str] = Field(description="what spoke for it")


class Suggestions(Schema):
    items: list[TopicSuggested]
    by: str = Field(description="model | keywords: the model was not sure enough, or there is none")
    version: int | None = Field(description="the version of the model in use")


class ReplyIn(BaseModel):
    """A message, and what shall be answered."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(max_length=100_000)
    reply: str = Field(max_length=100_000, description="the first 4,000 characters are read")
    is_late: bool = Field(False, description="the time for an answer has passed")


class ReplyHint(Schema):
    kind: str
    text: str = Field(description="what to look at, in a sentence")
    about: str = Field(description="the sentence it concerns, of the message or of the reply")


class Hints(Schema):
    items: list[ReplyHint]
    points: list[str] = Field(description="what the message asks, as found")
    answered: int = Field(description="how many of them the reply takes up")


@router.post("/suggest", response=Suggestions, summary="Suggest topics for a text")
def suggest(request: SignedIn, body: TextIn) -> HttpResponse:
    """Up to three topics, most likely first. Empty where nothing is likely enough."""
    return reply(queries.suggestions(body.title, body.text))


@router.post("/check-reply", response=Hints, summary="Say what a reply lacks, before it is sent")
def check(request: SignedIn, body: ReplyIn) -> HttpResponse:
    """Hints only: whether to follow them is the writer's business."""
    return reply(queries.reply_hints(body.message, body.reply, is_late=body.is_late))
