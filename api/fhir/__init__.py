"""What other programs of a clinic read of it, as FHIR R5 (HL7, 5.0.0) has it."""
