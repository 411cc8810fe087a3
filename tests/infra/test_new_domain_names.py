"""`make new` with a name that something else has: a sentence, and no file is touched."""

from pathlib import Path

import pytest

from infra.tools.development import new_domain
from tests.support.project_copy import ProjectCopy

# what is typed: what is said
REFUSED = {
    "DOMAIN=": "DOMAIN is ''; it should be lower-case words",
    "DOMAIN=users": "shared/models/users.py is there already",
    "DOMAIN=books": "POST /api/v1/books (create_book) is a route already",
    "DOMAIN=posts": "POST /api/v1/posts (create_post) is a route already",
    "DOMAIN=issues": "POST /api/v1/projects/{id}/issues (create_issue) is a route already",
    "DOMAIN=follows": "follows is a table already",
    "DOMAIN=profiles": "Profile is a model or a schema already",
    "DOMAIN=class": "DOMAIN is 'class', a keyword of Python",
    "DOMAIN=classes": "RESOURCE is 'class', a keyword of Python",
    "DOMAIN=notes RESOURCE=None": "RESOURCE is 'None'; it should be lower-case words",
    "DOMAIN=notes RESOURCE=note-1": "RESOURCE is 'note-1'; it should be lower-case words",
    "DOMAIN=notes RESOURCE=page": "'page' is a name that the copied code uses",
    "DOMAIN=notes RESOURCE=user": "PUT /api/v1/users/{id} (update_user) is a route already",
    "DOMAIN=Notes": "DOMAIN is 'Notes'; it should be lower-case words",
    "DOMAIN='my notes'": "DOMAIN is 'my notes'; it should be lower-case words",
    "DOMAIN='$$(touch x)s'": "DOMAIN is '$(touch x)s'; it should be lower-case words",
    f"DOMAIN={'a' * 41}s": "40 characters at most",
    "DOMAIN=types": "DOMAIN is 'types', a Python package that functions/types would hide",
    "DOMAIN=tests": "DOMAIN is 'tests', a Python package",
    "DOMAIN=references": "DOMAIN is 'references', a reserved word of SQL",
    "DOMAIN=people": "DOMAIN is 'people', which is not a plural: name one of them, too, with RESOURCE=",
    "DOMAIN=notes LIKE=book": "LIKE is 'book'; it should be project or item",
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    return ProjectCopy(tmp_path_factory.mktemp("new") / "copy")


@pytest.mark.parametrize("typed", REFUSED)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(copy: ProjectCopy, typed: str) -> None:
    before = copy.changes()
    ended = copy.try_to(f"make -s new {typed}")
    assert ended.returncode != 0
    assert ended.stderr.startswith("error: ") and REFUSED[typed] in ended.stderr
    assert copy.changes() == before


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_domain, "ROOT", tmp_path)
    (tmp_path / "template.yaml").write_text("before")
    texts = {"new/first.py": "", "no/such/folder.py": ""}
    with pytest.raises(FileNotFoundError):
        new_domain.write(texts, {"template.yaml": "after"})
    assert [file.name for file in tmp_path.rglob("*")] == ["template.yaml"]
    assert (tmp_path / "template.yaml").read_text() == "before"
