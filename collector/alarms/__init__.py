"""What becomes of an alert between the gateway's word and a person's: the state machine of ISA-18.2, purely."""
