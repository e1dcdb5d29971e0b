"""The clinic's HTTP API, `/api/v1`: endpoints of a few lines over `api/clinic`."""
