"""Devices that publish JSON to a broker, as scripts and tests have them press, smoke, read plates and obey."""
