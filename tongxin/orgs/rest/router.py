"""The one router to which the files of this folder add their paths."""

from ninja import Router

router = Router()
