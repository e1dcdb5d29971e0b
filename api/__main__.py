"""`python -m api` is `housecall`."""

from api.cli import main

main()
