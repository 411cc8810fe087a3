"""The capacity and cost model behind the tables of docs/scale-and-cost.md."""
