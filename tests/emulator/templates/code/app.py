import os


def route(event, context):
    return {"statusCode": 200, "body": f"{context.function_name} {event['routeKey']}"}


def variables(event, context):
    return {name: os.environ.get(name) for name in ("region", "rds_endpoint", "port", "username")}


def from_layer(event, context):
    from greeting import greet

    return {"statusCode": 200, "body": greet(event["pathParameters"]["name"])}
