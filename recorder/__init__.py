"""Open the media: what reads the frames inside the packets lives here."""
