"""The collector's door at an MQTT 5 broker: the same requests and answers as over HTTP, carried as messages."""
