"""How chunks come in: each judged alone, stored together, and told its fate only after the commit."""
