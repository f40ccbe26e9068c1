"""`python -m mixtui` is `mixtui`."""

from mixtui.cli.main import main

if __name__ == "__main__":
    main()
