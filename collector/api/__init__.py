"""The collector's doors: the gateways' protocol, the console's REST and event stream, health and metrics."""
