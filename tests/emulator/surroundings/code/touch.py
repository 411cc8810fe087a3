import socket
import threading

import library

library.touched_by.append(__name__)
kept = socket.socket()
waiting = threading.Thread(target=threading.Event().wait, daemon=True)
waiting.start()


def handler(event, context):
    return {"touched by": library.touched_by}
