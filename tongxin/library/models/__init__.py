"""The library: exemplars, contests, volumes, policy sets, courses, brands."""

from .brands import Brand, BrandFamily, BrandIndicator, BrandPhoto, BrandValue
from .common import ReadCount
from .contests import Contest, ContestEntry, Criterion, Judge, Mark
from .courses import (
    Course,
    CourseMaterial,
    CourseQuestion,
    CourseSession,
    Reception,
    SignUp,
    TestTry,
)
from .exemplars import (
    Exemplar,
    ExemplarFile,
    ExemplarKind,
    ExemplarOpinion,
    ExemplarPhoto,
    ExemplarVersion,
)
from .policies import Audience, Clause, ClauseLink, Conformity, PolicyDocument, PolicySet
from .volumes import Volume, VolumeItem, VolumePart

__all__ = [
    "Audience",
    "Brand",
    "BrandFamily",
    "BrandIndicator",
    "BrandPhoto",
    "BrandValue",
    "Clause",
    "ClauseLink",
    "Conformity",
    "Contest",
    "ContestEntry",
    "Course",
    "CourseMaterial",
    "CourseQuestion",
    "CourseSession",
    "Criterion",
    "Exemplar",
    "ExemplarFile",
    "ExemplarKind",
    "ExemplarOpinion",
    "ExemplarPhoto",
    "ExemplarVersion",
    "Judge",
    "Mark",
    "PolicyDocument",
    "PolicySet",
    "ReadCount",
    "Reception",
    "SignUp",
    "TestTry",
    "Volume",
    "VolumeItem",
    "VolumePart",
]
