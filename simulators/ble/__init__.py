"""A neighbourhood's Bluetooth without a radio: the air, and a pretended BlueZ that hears it and connects into it."""
