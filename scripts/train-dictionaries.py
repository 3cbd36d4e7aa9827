#!/usr/bin/env python3
"""Trains the dictionaries that bodies of deliveries and their facts are compressed with: one for each processor and one for facts, from the shipped
fixtures.

Words that differ from delivery to delivery (ids, times, digests) are replaced, so that the dictionary keeps what all have in common.
A dictionary that has been shipped is never replaced: databases hold what was packed with it. Train the next one under a new number.

Usage: scripts/train-dictionaries.py NUMBER [NAME]    (writes src/inbox/dictionaries/NAME-NUMBER.zstd, of all or of one; needs the program zstd)
"""

import json
import pathlib
import random
import re
import string
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parent.parent
# The id that stands in each compressed body: this, ten times the number, and what the format leaves to private use.
OWN = {"stripe": 1, "shopify": 2, "paddle": 3, "polar": 4, "revenuecat": 5, "facts": 6}
SIZE_BYTES = 16_384
COPIES = 8
WORD = re.compile(r"[A-Za-z0-9]{6,}")


def varied(body: str, chance: random.Random) -> str:
    def other(match: re.Match) -> str:
        word = match.group()
        if not any(c.isdigit() for c in word):
            return word
        return "".join(
            chance.choice(string.digits if c.isdigit() else string.ascii_uppercase if c.isupper() else string.ascii_lowercase)
            for c in word
        )

    return WORD.sub(other, body)


def facts():
    """What each delivery of the fixtures says, as the ledger stores it."""
    test = ["cargo", "test", "--lib", "--", "--ignored", "--nocapture", "what_facts_are_trained_with"]
    printed = subprocess.run(test, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    for line in printed.splitlines():
        if line.startswith("facts: "):
            yield line.removeprefix("facts: ")


def bodies(processor: str):
    for file in sorted((ROOT / "fixtures" / processor).glob("*.json")):
        for delivery in json.loads(file.read_text()).get("deliveries", []):
            yield delivery["body"]


def main() -> None:
    number = int(sys.argv[1])
    folder = ROOT / "src/inbox/dictionaries"
    folder.mkdir(exist_ok=True)
    chance = random.Random(number)
    wanted = sys.argv[2:] or list(OWN)
    for name in wanted:
        with tempfile.TemporaryDirectory() as samples:
            files = []
            for text in facts() if name == "facts" else bodies(name):
                for _ in range(COPIES):
                    file = pathlib.Path(samples) / str(len(files))
                    file.write_text(varied(text, chance))
                    files.append(str(file))
            into = folder / f"{name}-{number}.zstd"
            subprocess.run(
                ["zstd", "-q", "-f", "--train-cover=k=1024,d=8,steps=1", f"--maxdict={SIZE_BYTES}", f"--dictID={40_000 + 10 * number + OWN[name]}", "-o", into, *files],
                check=True,
            )


if __name__ == "__main__":
    main()
