"""What a program finds at ``org.bluez``: adapters, the devices that they heard, and the services of connected ones."""
