"""What carries how much, what breaks first, what it costs: the tables of docs/scale.md and docs/cost.md."""
