"""The Modbus side of pretend hardware: frames, units, faults, and the two wires (TCP socket, pseudo-terminal)."""
