"""Tools of the workshop: the catalogue of words, screenshots. Not part of what is installed."""
