"""What villages earn together: the year's income, one project, the firms beside them, what they sell."""

from .firms import (
    BenefitLink,
    BenefitLinkQuerySet,
    Dividend,
    Firm,
    FirmPair,
    FirmPairQuerySet,
    FirmQuerySet,
    FirmReserve,
    FirmReserveQuerySet,
    Share,
)
from .incomes import (
    IncomeEntry,
    IncomeEntryQuerySet,
    IncomeKind,
    IncomeLine,
    IncomePhoto,
    VillageYear,
    VillageYearQuerySet,
)
from .projects import (
    BuildSubsidy,
    BuildSubsidyQuerySet,
    SalesHelp,
    SalesHelpQuerySet,
    VillageProject,
    VillageProjectQuerySet,
    VillageStage,
)

__all__ = [
    "BenefitLink",
    "BenefitLinkQuerySet",
    "BuildSubsidy",
    "BuildSubsidyQuerySet",
    "Dividend",
    "Firm",
    "FirmPair",
    "FirmPairQuerySet",
    "FirmQuerySet",
    "FirmReserve",
    "FirmReserveQuerySet",
    "IncomeEntry",
    "IncomeEntryQuerySet",
    "IncomeKind",
    "IncomeLine",
    "IncomePhoto",
    "SalesHelp",
    "SalesHelpQuerySet",
    "Share",
    "VillageProject",
    "VillageProjectQuerySet",
    "VillageStage",
    "VillageYear",
    "VillageYearQuerySet",
]
