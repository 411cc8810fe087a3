"""The tables of docs/scale-and-cost.md."""

import re
from collections.abc import Iterable, Mapping

from infra.tools.scale.cost import Bill
from infra.tools.scale.model import RATES, Model, Part
from infra.tools.scale.parts import parts
from infra.tools.scale.stages import deployed
from infra.tools.scale.values import Values

STAGES = ("default", "staging", "prod")  # of samconfig.toml
# First words in the source of a value that is neither measured nor documented.
GUESSED = ("assumed", "estimated", "chosen")


def filled(document: str, tables: Mapping[str, str]) -> str:
    """Puts each table between its marks in the document. Errors: KeyError, for a table without a place."""
    for name, table in tables.items():
        place = re.compile(rf"(?<=<!-- {name} -->\n).*(?=<!-- /{name} -->)", re.DOTALL)
        if not place.search(document):
            raise KeyError(name)
        before, after = place.split(document)
        document = f"{before}\n{table}\n\n{after}"
    return document


def tables(values: Values, prices: Values) -> dict[str, str]:
    """Returns the tables by their marks."""
    bills = {stage: Bill(Model(values, deployed(stage)), prices) for stage in STAGES}
    prod = bills["prod"]
    return {
        "idle": idle(bills.values()),
        "million": million(prod),
        "options": options(prod),
        "needs": needs(parts(prod)),
        "steps": steps(prod),
        "order": order(parts(prod)),
        "months": months(prod),
        "times": times(prod.model),
        "point": point(prod.model),
        "guessed": guessed(values),
    }


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def needs(given: list[Part]) -> str:
    """Returns each part's load at each rate, in bold above its limit."""
    rows = (
        [f"{part.name}, {part.unit}", *(_need(part, rate) for rate in RATES), number(part.limit)]
        for part in given
    )
    return table(["part", *(f"{rate:,} a second" for rate in RATES), "limit today"], rows)


def _need(part: Part, rate: float) -> str:
    shown = number(part.needs(rate))
    return f"**{shown}**" if part.use(rate) > 1 else shown


def steps(bill: Bill) -> str:
    """Returns for each rate the exceeded limits in order, the nearest other limit and the month's cost."""
    ordered = sorted(parts(bill), key=lambda part: part.breaks_at)
    rows = []
    for rate in RATES:
        first, *others = [part.name for part in ordered if part.use(rate) > 1] or ["nothing"]
        nearest = next(part for part in ordered if part.use(rate) <= 1)
        near = f"{nearest.name}, at {nearest.use(rate):.0%}"
        rows.append([f"{rate:,}", first, "; ".join(others), near, dollars(sum(bill.at(rate).values()))])
    return table(["calls a second", "breaks first", "then", "nearest of the rest", "US $ a month"], rows)


def order(given: list[Part]) -> str:
    """Returns the parts in the order in which they reach their limits."""
    ordered = sorted(given, key=lambda part: part.breaks_at)
    rows = ([number(part.breaks_at), part.name, part.remedy, part.price] for part in ordered)
    return table(["holds up to, calls a second", "what breaks then", "what to do", "what that costs"], rows)


def months(bill: Bill) -> str:
    at = {rate: bill.at(rate) for rate in RATES}
    names = list(at[RATES[0]])
    rows = [[name, *(dollars(at[rate][name]) for rate in RATES)] for name in names]
    rows.append(["**a month**", *(f"**{dollars(sum(at[rate].values()))}**" for rate in RATES)])
    return table(["US $ a month", *(f"{rate:,} a second" for rate in RATES)], rows)


def times(model: Model) -> str:
    measured = ("function", "database", "hold")
    rows = [
        [
            f"`{name}`",
            f"{share * 100:g} %",
            *(milliseconds(model.values[f"{name}.{each}"]) for each in measured),
            number(model.of("round_trips", name)),
            milliseconds(model.held(name)),
            milliseconds(model.duration(name)),
        ]
        for name, share in model.mix.items()
    ]
    averages = [milliseconds(model.average(each)) for each in measured]
    held = sum(share * model.held(name) for name, share in model.mix.items())
    trips = number(model.per_call("round_trips"))
    rows.append(["the average", "", *averages, trips, milliseconds(held), milliseconds(model.mean_duration)])
    head = ("operation", "of the calls", "function", "database", "connection held", "round trips")
    return table([*head, "held in the cloud", "duration in the cloud"], rows)


def point(model: Model) -> str:
    """Compares Little's law with the measured point: rate times time."""
    values, rate = model.values, model.values["point.rate"]
    named = {
        "processors busy with functions": ("function", "functions"),
        "processors busy in the database": ("database", "database"),
        "connections of the pool in use": ("hold", "connections"),
    }
    rows = []
    for name, (time, measured) in named.items():
        predicted, found = rate * model.average(time), values[f"point.{measured}"]
        rows.append([name, f"{predicted:.3f}", f"{found:.3f}", f"{found / predicted:.2f}"])
    return table([f"at {rate:.0f} calls a second", "the model", "measured", "measured / model"], rows)


def guessed(values: Values) -> str:
    entries = {name: each for name, each in values.entries.items() if each.source.startswith(GUESSED)}
    rows = ([f"`{name}`", f"{each.value:g} {each.unit}", each.source] for name, each in entries.items())
    return table(["assumption", "value", "why"], rows)


def idle(bills: Iterable[Bill]) -> str:
    listed = list(bills)
    names = list(listed[0].idle())
    rows = [[name, *(dollars(bill.idle()[name]) for bill in listed)] for name in names]
    rows.append(["**a month**", *(f"**{dollars(sum(bill.idle().values()))}**" for bill in listed)])
    return table(["US $ a month", *(f"`{bill.deployed.name}`" for bill in listed)], rows)


def million(bill: Bill) -> str:
    costs = {**bill.calls(1), "Aurora, capacity above the least": bill.capacity_of_a_million()}
    rows = [[name, dollars(cost)] for name, cost in costs.items()]
    rows.append(["**a million calls**", f"**{dollars(sum(costs.values()))}**"])
    return table(["of it", "US $"], rows)


def options(bill: Bill) -> str:
    rows = ([name, dollars(month), dollars(calls)] for name, (month, calls) in bill.options().items())
    return table(["with", "US $ a month", "US $ a million calls more"], rows)


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def dollars(value: float) -> str:
    if not value:
        return "0"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms"
