"""The campaign that brings every centre up to standard, place by place, on one wall map."""
