"""Lets `python -m watchbill` be the command."""

from watchbill.cli import main

if __name__ == "__main__":
    main(prog_name="watchbill")
