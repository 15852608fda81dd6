"""What people fill in about the library."""

from .brands import (
    BrandForm,
    BrandPhotosForm,
    BrandStateForm,
    BrandWords,
    IndicatorsForm,
    ValuesForm,
)
from .common import NoteForm
from .contests import ContestForm, EntryForm, JudgeForm, MarkForm
from .courses import (
    CourseForm,
    MaterialForm,
    QuestionsForm,
    ReceptionForm,
    SessionForm,
    TestForm,
    questions_as_text,
)
from .exemplars import CommentForm, ExemplarForm, NewExemplarForm, PublishForm
from .policies import AudienceForm, ConformityForm, LinkForm, PolicyForm, SetForm
from .volumes import BindForm, NewVolumeForm, VolumeForm

__all__ = [
    "BrandForm", "BrandPhotosForm", "BrandStateForm", "BrandWords", "IndicatorsForm", "ValuesForm", "CourseForm", "MaterialForm", "QuestionsForm", "ReceptionForm", "SessionForm", "TestForm", "questions_as_text",
    "AudienceForm", "BindForm", "ConformityForm", "LinkForm", "PolicyForm", "SetForm", "CommentForm", "ContestForm", "EntryForm", "ExemplarForm", "JudgeForm", "MarkForm",
    "NewExemplarForm", "NewVolumeForm", "NoteForm", "PublishForm", "VolumeForm",
]  # fmt: skip
