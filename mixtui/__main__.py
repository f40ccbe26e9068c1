"""`python -m mixtui` is `mixtui`."""

from mixtui.cli.entry import main

if __name__ == "__main__":
    main()
