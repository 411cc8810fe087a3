"""If-Match and If-None-Match: lists of entity tags (RFC 9110, section 8.8.3), read in linear time."""

import time

import pytest

from tests.support.client import Client

ITEM = "/api/v1/gadgets/1"
NO_LISTS = [
    'w/"{tag}"',
    'junk"{tag}"',
    '"{tag}"junk',
    '"{tag}" "other"',
    '"{tag}',
    "{tag}",
    '"{tag}";q=1',
    "*,*",
]


@pytest.fixture
def tag(api: Client) -> str:
    """The opaque tag, without its quotes, of the item that is there."""
    return api.post("/api/v1/gadgets", json={"name": "pen"}).headers["etag"].strip('"')


@pytest.mark.parametrize("form", ['"{tag}"', 'W/"{tag}"', '"a,b", "{tag}"', '\t"x" ,, "{tag}" ,', " * "])
def test_a_list_that_holds_the_current_tag_is_304(api: Client, tag: str, form: str) -> None:
    answer = api.get(ITEM, headers={"If-None-Match": form.format(tag=tag)})
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", f'"{tag}"')


@pytest.mark.parametrize("form", NO_LISTS)
def test_what_is_no_list_of_tags_is_ignored_in_if_none_match(api: Client, tag: str, form: str) -> None:
    assert api.get(ITEM, headers={"If-None-Match": form.format(tag=tag)}).status == 200


@pytest.mark.parametrize("form", [*NO_LISTS, "", 'W/"{tag}"'])
def test_what_is_no_list_of_strong_tags_is_412_in_if_match(api: Client, tag: str, form: str) -> None:
    for call in (api.put, api.delete):
        body = {"json": {}} if call == api.put else {}
        answer = call(ITEM, headers={"If-Match": form.format(tag=tag)}, **body)
        assert (answer.status, answer.error) == (412, "precondition_failed")


def test_a_list_is_read_up_to_4096_characters(api: Client, tag: str) -> None:
    for length, status in ((4096, 304), (4097, 200)):
        value = f'"{"x" * (length - len(tag) - 6)}", "{tag}"'.replace(", ", ",")
        assert len(value) == length - 1
        assert api.get(ITEM, headers={"If-None-Match": f",{value}"}).status == status


@pytest.mark.parametrize(
    "value",
    [
        "a" + " " * 8000 + "a",
        '"x"' + " " * 4000 + "a",
        "," + " \t" * 2000 + "a",
        " ," * 2000 + "a",
        '"' * 4001,
        'W/"' * 1300,
        ',""' * 1300 + "a",
    ],
    ids=lambda value: value[:6],
)
def test_a_hostile_value_costs_no_more_than_a_plain_one(api: Client, tag: str, value: str) -> None:
    def cost(header: str) -> float:
        started = time.process_time()
        for _ in range(3):
            assert api.get(ITEM, headers={"If-None-Match": header}).status == 200
        return time.process_time() - started

    cost('"other"')  # imports, connections
    plain = min(cost('"other"') for _ in range(3))
    assert min(cost(value) for _ in range(2)) < 10 * plain


@pytest.mark.parametrize("form", ["*", '"{tag}"', 'W/"{tag}"', '"x", "{tag}"'])
def test_a_change_at_a_version_in_if_none_match_is_412(api: Client, tag: str, form: str) -> None:
    headers = {"If-None-Match": form.format(tag=tag)}
    for answer in (api.put(ITEM, json={"name": "new"}, headers=headers), api.delete(ITEM, headers=headers)):
        assert (answer.status, answer.error) == (412, "precondition_failed")
    assert api.get(ITEM).headers["etag"] == f'"{tag}"'


@pytest.mark.parametrize("form", ['"other"', *NO_LISTS[:-1]])
def test_a_change_at_no_version_in_if_none_match_is_made(api: Client, tag: str, form: str) -> None:
    headers = {"If-None-Match": form.format(tag=tag)}
    assert api.put(ITEM, json={"name": "new"}, headers=headers).status == 200
    assert api.delete(ITEM, headers=headers).status == 200


@pytest.mark.parametrize("form", ['"other"', "", 'W/"{tag}"', *NO_LISTS])
def test_a_read_at_no_version_in_if_match_is_412(api: Client, tag: str, form: str) -> None:
    answer = api.get(ITEM, headers={"If-Match": form.format(tag=tag)})
    assert (answer.status, answer.error) == (412, "precondition_failed")
    assert "etag" not in answer.headers


def test_if_match_is_judged_before_if_none_match(api: Client, tag: str) -> None:
    for if_match, status in (('"other"', 412), (f'"{tag}"', 304), ("*", 304)):
        headers = {"If-Match": if_match, "If-None-Match": f'"{tag}"'}
        assert api.get(ITEM, headers=headers).status == status
    headers = {"If-Match": f'"{tag}"', "If-None-Match": '"other"'}
    assert api.put(ITEM, json={"name": "new"}, headers=headers).status == 200


def test_what_is_not_there_is_404_before_both(api: Client) -> None:
    headers = {"If-Match": '"other"', "If-None-Match": "*"}
    for method in ("GET", "PUT", "DELETE"):
        body = {"name": "new"} if method == "PUT" else None
        assert api.call(method, ITEM, json=body, headers=headers).status == 404
