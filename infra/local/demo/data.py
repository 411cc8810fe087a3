"""How much demo data there is, and the users of it."""

from dataclasses import dataclass
from typing import Self

from infra.domains import NAMES, accounts, provided
from infra.emulator.command_error import CommandError

MOST = 1000  # units


@dataclass(frozen=True)
class Scale:
    """The number of units: one has 50 users."""

    factor: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Errors: CommandError."""
        if not (text.isascii() and text.isdigit() and 0 < int(text) <= MOST):
            raise CommandError(
                f"SCALE is {text!r}; it should be a number from 1 to {MOST}, as a factor of the data"
            )
        return cls(int(text))

    @property
    def users(self) -> int:
        return accounts.USERS * self.factor

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self._amounts())

    def __str__(self) -> str:
        return f"{', '.join(words for words, _ in self._amounts())}: {self.rows:,} rows."

    def _amounts(self) -> list[tuple[str, int]]:
        return [amount(self.factor) for amount in provided("amount")]


def username(number: int) -> str:
    return f"{NAMES[number % len(NAMES)]}_{number + 1}"
