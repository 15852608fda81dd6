"""The app of those who work in the street: kept on the phone first, sent when it can be, once."""
