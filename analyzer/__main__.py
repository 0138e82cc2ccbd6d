"""`python -m analyzer`."""

from analyzer.cli.main import run

if __name__ == "__main__":
    run()
