#!/usr/bin/env python3
"""Computes base/q64_tables.c again and compares.  Ends with `N passed, N
failed`."""
import os
import subprocess
import sys

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main():
    made = subprocess.run([sys.executable, "base/q64_tables.py"],
                          capture_output=True, text=True, check=True).stdout
    with open("base/q64_tables.c", encoding="ascii") as f:
        same = made == f.read()
    if not same:
        print("base/q64_tables.c is not what base/q64_tables.py writes")
    print("1 passed, 0 failed" if same else "0 passed, 1 failed")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
