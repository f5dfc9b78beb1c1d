"""`python -m reporter` is the command `reporter`."""

from reporter.cli import reporter

reporter(prog_name="reporter")
