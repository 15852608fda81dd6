from django.urls import path

from .views import admission, disclosure, dues, elections, home, terms

app_name = "affairs"
urlpatterns = [
    path("", home.home, name="home"),
    path("askings/<int:pk>/", home.asking, name="asking"),
    path("papers/<uuid:pk>/", home.paper, name="paper"),
    # Terms and elections
    path("terms/", terms.listing, name="terms"),
    path("terms/new/<int:unit>/", terms.new, name="new-term"),
    path("terms/<int:pk>/", terms.term, name="term"),
    path("elections/new/<int:unit>/", elections.new, name="new-election"),
    path("elections/<int:pk>/", elections.election, name="election"),
    path("elections/<int:pk>/tally/", elections.tally, name="tally"),
    path("elections/<int:pk>/report/", elections.report, name="report"),
    # Development of members
    path("admissions/", admission.listing, name="admissions"),
    path("admissions/new/<int:unit>/", admission.new, name="new-admission"),
    path("admissions/open/<int:membership>/", admission.open_file, name="open-admission"),
    path("admissions/<int:pk>/", admission.file, name="admission"),
    path("admissions/<int:pk>/step/", admission.step, name="step"),
    path("admissions/<int:pk>/review/", admission.review, name="review"),
    path("admissions/<int:pk>/helpers/<str:role>/", admission.helpers, name="helpers"),
    path("admissions/<int:pk>/end/", admission.end, name="end-admission"),
    # Dues
    path("dues/", dues.listing, name="dues-units"),
    path("dues/mine/", dues.mine, name="my-dues"),
    path("dues/<int:unit>/", dues.grid, name="dues"),
    path("dues/<int:unit>/charge/", dues.charge, name="charge"),
    path("dues/<int:unit>/forward/", dues.forward, name="forward"),
    path("dues/<int:unit>/ledger/", dues.ledger, name="ledger"),
    path("dues/<int:unit>/quarter/", dues.quarter, name="quarter"),
    path("dues/<int:unit>/quarter/print/", dues.quarter_print, name="quarter-print"),
    path("dues/<int:unit>/quarter/sheet/", dues.quarter_xlsx, name="quarter-sheet"),
    path("dues/member/<int:membership>/", dues.member, name="dues-member"),
    path("dues/member/<int:membership>/base/", dues.base, name="base"),
    path("dues/member/<int:membership>/pay/", dues.pay, name="pay"),
    path("dues/member/<int:membership>/waiver/", dues.waiver, name="waiver"),
    path("dues/receipts/<int:pk>/", dues.receipt, name="receipt"),
    path("dues/receipts/<int:pk>/refund/", dues.refund, name="refund"),
    # Disclosure
    path("disclosures/", disclosure.listing, name="disclosures"),
    path("disclosures/new/<int:unit>/", disclosure.publish, name="publish"),
    path("disclosures/<int:pk>/", disclosure.disclosure, name="disclosure"),
    path("disclosures/<int:pk>/finish/", disclosure.finish, name="finish"),
    path("disclosures/<int:pk>/withdraw/", disclosure.withdraw, name="withdraw"),
    path("public/<int:unit>/", disclosure.public, name="public"),
]
