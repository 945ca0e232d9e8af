"""Commands from a person's click to a truthful outcome: signed, delivered while valid, concluded when silent."""
