"""What is told to the other end about what arrived: NACK, transport-cc, reports."""
