"""What the service manager is told about the programs, tried as far as it can be without one."""
