"""Real receivers on free ports: a web hook that answers what it is told to, and a mail server."""

import json
import socketserver
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def served(server):
    """The server in a thread of its own, until the block ends."""
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hook():
    """A receiver of JSON: ``taken`` holds bodies that it answered 200, ``status`` is what it answers.

    While ``drips`` is set it answers a byte now and then.
    """

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.server.status == 200:
                self.server.taken.append(body)
            while self.server.drips.is_set():
                self.wfile.write(b"H")
                time.sleep(0.05)
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *_of):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.status, server.taken, server.drips = 200, [], threading.Event()
    return server


def mail():
    """A mail server: ``taken`` holds whole messages; ``refuses`` receivers."""

    class Receiver(socketserver.StreamRequestHandler):
        def handle(self):
            self._say("220 here")
            while line := self.rfile.readline().decode().strip():
                word = line[:4].upper()
                if word == "DATA":
                    self._say("354 go on")
                    parts = []
                    while (part := self.rfile.readline().decode()) != ".\r\n":
                        parts.append(part)
                    self.server.taken.append("".join(parts))
                    self._say("250 taken")
                elif word == "RCPT" and self.server.refuses:
                    self._say("550 nobody")
                else:
                    self._say("221 bye" if word == "QUIT" else "250 yes")
                if word == "QUIT":
                    return

        def _say(self, text):
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    server.taken, server.refuses = [], False
    return server
