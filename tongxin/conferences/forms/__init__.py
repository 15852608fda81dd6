"""Every form of conferences, gathered from the files of this folder."""

from .lists import (
    AgreeForm,
    AnswerForm,
    ChangeForm,
    ItemForm,
    NoteForm,
    OpinionForm,
    ReviewForm,
    RoundForm,
    WishForm,
)
from .packages import (
    ActivityForm,
    HoldForm,
    IssueForm,
    JoinForm,
    PackageForm,
    PackageItemForm,
    ProgressForm,
)
from .sessions import (
    CharterForm,
    ConvenerForm,
    DecideForm,
    ExtendForm,
    ProposeForm,
    ResolveForm,
    SeatForm,
    SessionForm,
)

__all__ = [
    "ActivityForm",
    "AgreeForm",
    "AnswerForm",
    "ChangeForm",
    "CharterForm",
    "ConvenerForm",
    "DecideForm",
    "ExtendForm",
    "HoldForm",
    "IssueForm",
    "ItemForm",
    "JoinForm",
    "NoteForm",
    "OpinionForm",
    "PackageForm",
    "PackageItemForm",
    "ProgressForm",
    "ProposeForm",
    "ResolveForm",
    "ReviewForm",
    "RoundForm",
    "SeatForm",
    "SessionForm",
    "WishForm",
]
