"""The rules that need days or more than one gateway's sight: judged here, by the very engine that gateways have."""
