"""The capacity and cost model behind the tables of docs/scale.md and docs/cost.md."""
