"""Long runs of broken input, by hand and at night; the test suite plays a short one of each."""
