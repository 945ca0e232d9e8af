"""Tests of reading number plates, on plates that they draw themselves."""
