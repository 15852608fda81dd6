from __future__ import annotations

from django.urls import path

from .views import accounts, allocations, oversight, settings, subjects

app_name = "funds"
urlpatterns = [
    path("", accounts.home, name="home"),
    path("of/", subjects.of, name="of"),
    path("subjects/", subjects.find, name="subjects"),
    path("accounts/new/", accounts.new, name="new"),
    path("accounts/<int:pk>/", accounts.account, name="account"),
    path("accounts/<int:pk>/ledger.xlsx", accounts.ledger_sheet, name="ledger"),
    path("accounts/<int:pk>/receive/", accounts.receive, name="receive"),
    path("accounts/<int:pk>/allocate/", accounts.allocate, name="allocate"),
    path("accounts/<int:pk>/freeze/", accounts.freeze, name="freeze"),
    path("accounts/<int:pk>/close/", accounts.close, name="close"),
    path("accounts/<int:pk>/check/", oversight.check, name="check"),
    path("lines/<int:pk>/reverse/", accounts.reverse_line, name="reverse"),
    path("lines/<int:pk>/proof/", accounts.proof, name="proof"),
    path("allocations/", allocations.allocations, name="allocations"),
    path("allocations/<uuid:pk>/", allocations.allocation, name="allocation"),
    path("allocations/<uuid:pk>/pay/", allocations.pay, name="pay"),
    path("allocations/<uuid:pk>/payable/", allocations.payable, name="payable"),
    path("orders/", allocations.orders, name="orders"),
    path("orders/<uuid:pk>/", allocations.decide, name="decide"),
    path("overdue/", oversight.overdue, name="overdue"),
    path("checks/", oversight.checks, name="checks"),
    path("checks/<int:pk>/mend/", oversight.mend, name="mend"),
    path("sources/", settings.sources, name="sources"),
    path("sources/new/", settings.new_source, name="new-source"),
    path("sources/sample/", settings.sample, name="sample"),
    path("sources/rule/", settings.rule, name="rule"),
    path("budget/", settings.budget, name="budget"),
    path("budget/new/", settings.new_budget, name="new-budget"),
]
