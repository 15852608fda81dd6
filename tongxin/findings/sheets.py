"""The ledger as a spreadsheet, in the form inspectors know; a ledger of elsewhere comes in by it."""

SHEETS = ()
