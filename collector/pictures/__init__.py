"""Pictures that people ask to look at: fetched from the gateway while they wait, and forgotten after a few minutes."""
