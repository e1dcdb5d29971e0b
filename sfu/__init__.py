"""Forward packets: transports, rooms, routing."""
