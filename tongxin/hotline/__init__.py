"""The desk of a 12345-type hotline: who calls, what they asked before, filing while talking."""
