"""Tests of one package each, without a network or real time; the folders mirror the packages."""
