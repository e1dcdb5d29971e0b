"""Files of patients: looked through in a process of their own, and kept sealed."""
