"""The program on the box: asks the devices, judges, remembers, and hands everything to the collector once."""
