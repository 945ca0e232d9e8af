"""What pretend meters share: a two-wire line with everything that goes wrong on one, on a terminal or a TCP port."""
