from api_client import ApiClient, ApiError, rows
from api_client.api.accounts import list_followers, login, update_me
from api_client.models import LoginJson, MeUpdate


def rename(origin: str, username: str, password: str, name: str) -> list[str]:
    client = ApiClient(origin)
    login.sync(client=client, body=LoginJson(username=username, password=password))
    me = update_me.sync(client=client, body=MeUpdate(name=name))
    try:
        update_me.sync(client=client, body=MeUpdate(username="x"))
    except ApiError as error:
        print(error.code, error.status, error.details["errors"][0]["loc"])
    return [each.username for each in rows(list_followers.sync_detailed, client=client, id=me.id, limit=100)]
