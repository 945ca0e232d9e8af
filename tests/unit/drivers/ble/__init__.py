"""What the Bluetooth driver is made of, each part by itself."""
