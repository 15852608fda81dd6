"""Registers as spreadsheets: projects of alliances; parks, their enterprises and their problems."""

from .enterprises import EnterpriseProblemSheet, EnterpriseSheet
from .parks import ParkSheet
from .projects import ProjectSheet

SHEETS = (ProjectSheet(), ParkSheet(), EnterpriseSheet(), EnterpriseProblemSheet())
