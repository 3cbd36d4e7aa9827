#!/usr/bin/env python3
"""Trains the dictionaries that bodies of deliveries are compressed with: one for each processor, from the shipped fixtures.

Words that differ from delivery to delivery (ids, times, digests) are replaced, so that the dictionary keeps what all have in common.
A dictionary that has been shipped is never replaced: databases hold what was packed with it. Train the next one under a new number.

Usage: scripts/train-dictionaries.py NUMBER    (writes src/inbox/dictionaries/PROCESSOR-NUMBER.zstd; needs the program zstd)
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
PROCESSORS = {"stripe": 1, "shopify": 2, "paddle": 3, "polar": 4, "revenuecat": 5}
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


def bodies(processor: str):
    for file in sorted((ROOT / "fixtures" / processor).glob("*.json")):
        for delivery in json.loads(file.read_text()).get("deliveries", []):
            yield delivery["body"]


def main() -> None:
    number = int(sys.argv[1])
    folder = ROOT / "src/inbox/dictionaries"
    folder.mkdir(exist_ok=True)
    chance = random.Random(number)
    for processor, own in PROCESSORS.items():
        with tempfile.TemporaryDirectory() as samples:
            names = []
            for body in bodies(processor):
                for _ in range(COPIES):
                    name = pathlib.Path(samples) / str(len(names))
                    name.write_text(varied(body, chance))
                    names.append(str(name))
            into = folder / f"{processor}-{number}.zstd"
            subprocess.run(
                ["zstd", "-q", "-f", "--train-cover=k=1024,d=8,steps=1", f"--maxdict={SIZE_BYTES}", f"--dictID={40_000 + 10 * number + own}", "-o", into, *names],
                check=True,
            )


if __name__ == "__main__":
    main()
