"""`make new` with a name that something else has: a sentence, and no file is touched."""

import re
from pathlib import Path

import pytest

from infra.tools.development import new_domain
from tests.support.project_copy import ProjectCopy

NAMES = ("DOMAIN", "RESOURCE", "LIKE", "PARENT", "FIELDS")
# the typed name: the message
REFUSED = {
    "DOMAIN=": "DOMAIN is ''; it should be lower-case words",
    "DOMAIN=users": "shared/models/users.py exists already",
    "DOMAIN=auth RESOURCE=one": "POST /api/v1/auth/register (register) is a route already",
    "DOMAIN=gadgets": "POST /api/v1/gadgets (create_gadget) is a route already",
    "DOMAIN=others RESOURCE=parcel": "POST /api/v1/lockers/{id}/parcels (create_parcel) is a route already",
    "DOMAIN=idempotency_records": "idempotency_records is a table already",
    "DOMAIN=profiles": "Profile is a model or a schema already",
    "DOMAIN=class": "DOMAIN is 'class', a keyword of Python",
    "DOMAIN=classes": "RESOURCE is 'class', a keyword of Python",
    "DOMAIN=wombats RESOURCE=None": "RESOURCE is 'None'; it should be lower-case words",
    "DOMAIN=wombats RESOURCE=wombat-1": "RESOURCE is 'wombat-1'; it should be lower-case words",
    "DOMAIN=wombats RESOURCE=page": "'page' is a name that the copied code uses",
    "DOMAIN=wombats RESOURCE=user": "PUT /api/v1/users/{id} (update_user) is a route already",
    "DOMAIN=Wombats": "DOMAIN is 'Wombats'; it should be lower-case words",
    "DOMAIN=my%20wombats": "DOMAIN is 'my wombats'; it should be lower-case words",
    f"DOMAIN={'a' * 41}s": "40 characters at most",
    "DOMAIN=types": "DOMAIN is 'types', a Python package that functions/types would hide",
    "DOMAIN=tests": "DOMAIN is 'tests', a Python package",
    "DOMAIN=references": "DOMAIN is 'references', a reserved word of SQL",
    "DOMAIN=people": "DOMAIN is 'people', which does not tell what one of them is called: add RESOURCE=",
    "DOMAIN=news": "DOMAIN is 'news', which does not tell",
    "DOMAIN=statuses": "DOMAIN is 'statuses', which does not tell",
    "DOMAIN=fish RESOURCE=fish": "DOMAIN is 'fish', which does not tell",
    "DOMAIN=wombats LIKE=book": "LIKE is 'book'; it should be owned, shared, child",
    "DOMAIN=wombats LIKE=child": "PARENT is ''; it should be a resource that its owner alone sees: ",
    "DOMAIN=wombats PARENT=user": "PARENT is 'user'; it should be a resource",
    "DOMAIN=wombats PARENT=parcel": "PARENT is 'parcel'; it should be a resource",
    "DOMAIN=wombats LIKE=shared PARENT=user": "PARENT goes with LIKE=child, and LIKE is 'shared'",
    "DOMAIN=wombats FIELDS=title": "FIELDS: 'title' is not a field; write name:kind",
    "DOMAIN=wombats FIELDS=id:int": "FIELDS: 'id' is a word of Python, SQL or the code",
    "DOMAIN=wombats FIELDS=class:str": "FIELDS: 'class' is a word of",
    "DOMAIN=wombats FIELDS=order:int": "FIELDS: 'order' is a word of",
    "DOMAIN=wombats FIELDS=copy:str": "FIELDS: 'copy' is a word of",
    "DOMAIN=wombats FIELDS=pages:int": "FIELDS: one of the fields should be a str or a text",
}


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectCopy:
    copy = ProjectCopy(tmp_path / "copy")
    monkeypatch.setattr(new_domain, "ROOT", copy.folder)
    return copy


def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(copy: ProjectCopy) -> None:
    for typed, said in REFUSED.items():
        given = dict(each.split("=") for each in typed.split())
        words = [given.get(name, "").replace("%20", " ") for name in NAMES]
        with pytest.raises(SystemExit, match=f"^error: .*{re.escape(said)}"):
            new_domain.main(*words)
    assert copy.changes() == ""


def test_make_hands_a_name_over_as_it_was_typed(copy: ProjectCopy) -> None:
    ended = copy.try_to("make -s new DOMAIN='\"$$(touch x)\"'")
    assert "error: DOMAIN is '\"$(touch x)\"'; it should be" in ended.stderr
    assert copy.changes() == ""


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_domain, "ROOT", tmp_path)
    (tmp_path / "template.yaml").write_text("before")
    texts = {"new/first.py": "", "no/such/folder.py": ""}
    with pytest.raises(FileNotFoundError):
        new_domain.write(texts, {"template.yaml": "after"})
    assert [file.name for file in tmp_path.rglob("*")] == ["template.yaml"]
    assert (tmp_path / "template.yaml").read_text() == "before"
