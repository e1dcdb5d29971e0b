"""LiveKit's server API: Twirp services over HTTP, in JSON and protobuf."""
