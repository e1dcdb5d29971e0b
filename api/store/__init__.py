"""What outlives the process: tables, transactions of one workspace each, secrets, the audit log."""
