"""Tables of grids at work."""

from .catalogue import CatalogueItem, FilingCondition, Kind
from .components import Component, ComponentEvent, ComponentPhoto, State
from .grids import (
    FunctionRule,
    GridDuty,
    GridFunction,
    GridNorm,
    GridProfile,
    GridService,
)
from .problems import Problem, ProblemNote

__all__ = [
    "CatalogueItem",
    "Component",
    "ComponentEvent",
    "ComponentPhoto",
    "FilingCondition",
    "FunctionRule",
    "GridDuty",
    "GridFunction",
    "GridNorm",
    "GridProfile",
    "GridService",
    "Kind",
    "Problem",
    "ProblemNote",
    "State",
]
