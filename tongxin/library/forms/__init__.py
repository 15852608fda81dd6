"""What people fill in about the library."""

from .common import NoteForm
from .contests import ContestForm, EntryForm, JudgeForm, MarkForm
from .exemplars import CommentForm, ExemplarForm, NewExemplarForm, PublishForm
from .policies import AudienceForm, ConformityForm, LinkForm, PolicyForm, SetForm
from .volumes import BindForm, NewVolumeForm, VolumeForm

__all__ = [
    "AudienceForm", "BindForm", "ConformityForm", "LinkForm", "PolicyForm", "SetForm", "CommentForm", "ContestForm", "EntryForm", "ExemplarForm", "JudgeForm", "MarkForm",
    "NewExemplarForm", "NewVolumeForm", "NoteForm", "PublishForm", "VolumeForm",
]  # fmt: skip
