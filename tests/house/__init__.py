"""The law of the house, held by tests: what every file, function and document of the project must be like."""
