"""Terms and elections, development of members, dues, disclosure."""

from .admission import Admission, AdmissionReview, AdmissionStep, Helper
from .asking import Asking
from .disclosure import Disclosure
from .dues import Base, Charge, Forward, Payment, Posting, Waiver
from .elections import Candidate, Election, Round, Vote
from .papers import Paper
from .terms import Term

__all__ = [
    "Admission",
    "AdmissionReview",
    "AdmissionStep",
    "Asking",
    "Base",
    "Candidate",
    "Charge",
    "Disclosure",
    "Election",
    "Forward",
    "Helper",
    "Paper",
    "Payment",
    "Posting",
    "Round",
    "Term",
    "Vote",
    "Waiver",
]
