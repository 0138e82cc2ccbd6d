"""The command line: the only code that touches argv, streams and exit codes. One module a command."""
