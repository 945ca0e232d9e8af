"""The drivers, without hardware: plans, decoding, commands and turns as pure values."""
