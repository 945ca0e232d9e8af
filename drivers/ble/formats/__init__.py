"""What bytes of Bluetooth devices mean, purely: characteristics, beacons, vendors' advertisements, maps of fields."""
