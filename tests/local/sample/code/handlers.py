import json
import os
import sys
import time


def echo(event, context):
    return event


def answer(event, context):
    return json.loads(event["body"])


def do(event, context):
    match json.loads(event["body"]):
        case "raise":
            raise ValueError("on purpose")
        case "exit":
            sys.exit(3)
        case "die":
            os._exit(4)
        case "sleep":
            time.sleep(60)
        case "environment":
            return {"environment": dict(os.environ), "pid": os.getpid()}
        case "context":
            return {
                "memory": context.memory_limit_in_mb,
                "name": context.function_name,
                "remaining": context.get_remaining_time_in_millis(),
                "request_id": context.aws_request_id,
            }
        case "big":
            return "x" * (6 * 2**20)
    return "nothing to do"


def slow(event, context):
    time.sleep(1)
    return {"pid": os.getpid()}
