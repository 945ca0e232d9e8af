"""What is shipped: the wheel, installed where nothing else is."""
