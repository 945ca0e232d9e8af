"""The album of pictures on the box, and who is shown what of it."""
