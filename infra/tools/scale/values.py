"""Assumptions and prices: numbers in a TOML file, each with its unit and its source."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ASSUMPTIONS = Path(__file__).with_name("assumptions.toml")
PRICES = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Entry:
    """`tiers`: amounts a month with their prices; `value` is the price of the rest, or of all."""

    value: float
    unit: str
    source: str
    tiers: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Values:
    entries: Mapping[str, Entry]

    def __getitem__(self, name: str) -> float:
        return self.entries[name].value

    def under(self, name: str) -> dict[str, float]:
        """Returns the values named `name.*`, by the rest of their names."""
        prefix = f"{name}."
        return {
            full.removeprefix(prefix): entry.value
            for full, entry in self.entries.items()
            if full.startswith(prefix)
        }

    def price(self, name: str, amount: float) -> float:
        """Returns the price of an amount a month, tier by tier."""
        entry, total = self.entries[name], 0.0
        for size, price in entry.tiers:
            here = min(amount, size)
            total, amount = total + here * price, amount - here
        return total + amount * entry.value


def load(file: Path) -> Values:
    return Values(dict(_entries(tomllib.loads(file.read_text()), "")))


def _entries(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Entry]]:
    for name, given in table.items():
        if "value" in given:
            tiers = tuple((size, price) for size, price in given.get("tiers", ()))
            yield prefix + name, Entry(given["value"], given["unit"], given["source"], tiers)
        else:
            yield from _entries(given, f"{prefix}{name}.")
