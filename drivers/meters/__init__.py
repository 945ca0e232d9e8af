"""What meter protocols share: a half-duplex line of bytes, summed frames, items whose bytes are points, and polling."""
