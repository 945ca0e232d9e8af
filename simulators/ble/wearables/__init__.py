"""What people of a neighbourhood wear, press and measure with, written from the public layouts; no driver here."""
