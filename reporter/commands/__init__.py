"""One file a command; the list of them is `COMMANDS` in `reporter/cli.py`. The clock is read here."""
