"""The collector's own rules: gateways that fall silent, people who are not seen, and what a restart keeps."""
