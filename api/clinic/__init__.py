"""What a clinic does: each use case in one transaction. Knows no HTTP."""
