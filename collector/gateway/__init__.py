"""What gateways ask and what they are answered, whatever carries the words: HTTP and MQTT are doors to this room."""
