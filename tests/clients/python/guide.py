from routewise_client import ApiClient, ApiError, rows
from routewise_client.api.accounts import login
from routewise_client.api.tracker import create_project, list_projects
from routewise_client.models import LoginJson, ProjectCreate


def names(origin: str, username: str, password: str) -> list[str]:
    client = ApiClient(origin)
    login.sync(client=client, body=LoginJson(username=username, password=password))
    try:
        project = create_project.sync(client=client, body=ProjectCreate(name="Moon base"))
        print(f"made {project.id}")
    except ApiError as error:
        print(error.code, error.status, error.details, error.request_id)
    return [each.name for each in rows(list_projects.sync_detailed, client=client, limit=100)]
