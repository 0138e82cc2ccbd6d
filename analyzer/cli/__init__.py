"""The command line: the only code that touches argv, streams and exit codes. One module for each command."""

#: The exit code of an interrupt, as shells have it: 128 and the number of the signal.
INTERRUPTED = 130

#: The exit code of a command that ran out of memory: that of any other fault of file or machine.
OUT_OF_MEMORY = 2
