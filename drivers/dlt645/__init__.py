"""DL/T 645 electricity meters (2007, and reading as of 1997): their frames, their answers, and how they are found."""
