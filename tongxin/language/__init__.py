"""The Chinese of residents, in plain Python: words, likeness, topics, what has to be masked. Knows no Django."""
