"""`python -m backmark` is the command line."""

from backmark.worker.cli.main import main

if __name__ == "__main__":
    main()
