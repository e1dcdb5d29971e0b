"""One peer connection: ICE-lite, DTLS, SRTP and data channels, by datagrams and time alone."""
