"""The window, for those who click on it: the same as `blur desktop FILES...`."""

import sys

from cli import main

sys.argv.insert(1, "desktop")
main()
