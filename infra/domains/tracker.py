"""The tracker outside of Lambda."""

from collections.abc import Iterator

from shared.models.tracker import Issue, Project

from infra.domains import NOUNS, VERBS, Demo, moment, sentence

MAIN_READS = ("list_projects",)

PROJECTS, ISSUES = 10, 4  # for each unit; of each project
STATES = ("open", "in_progress", "closed")
LOOK_AT = """\
Their projects:
  curl -s {origin}/api/v1/projects -H "Authorization: Bearer $(make -s token USER={name})\""""


def amount(factor: int) -> tuple[str, int]:
    projects = PROJECTS * factor
    return f"{projects:,} projects", projects * (1 + ISSUES)


def demo(demo: Demo) -> None:
    with demo.new(Project.id) as projects:
        columns = (Project.name, Project.description, Project.owner_id, Project.created_at)
        demo.copy(columns, _projects(demo.users, PROJECTS * demo.factor))
    of_issue = (Issue.project_id, Issue.title, Issue.body, Issue.status, Issue.created_at, Issue.updated_at)
    demo.copy(of_issue, _issues(projects))


def _projects(users: list[int], count: int) -> Iterator[tuple[object, ...]]:
    for number in range(count):
        owner = users[number % len(users)]
        yield f"The {NOUNS[number % 10]} project", sentence(number), owner, moment(number, count)


def _issues(projects: list[int]) -> Iterator[tuple[object, ...]]:
    for number in range(len(projects) * ISSUES):
        when = moment(number, len(projects) * ISSUES)
        title, status = f"A {NOUNS[number % 10]} that nobody {VERBS[number % 8]}", STATES[number % 3]
        yield projects[number // ISSUES], title, sentence(number), status, when, when
