"""The rig: real programs under bad networks, bad disks and sudden ends, and an oracle that counts what came of it."""
