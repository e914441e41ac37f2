#!/usr/bin/env bash
# A caller who has said all and closes its own direction gets no answer from uvicorn if the answer takes a moment.
# Expected: HTTP over TCP: whoever has sent a whole request may close its sending side and wait; the answer still comes.
# Seen: uvicorn closes the connection at the end of the caller's input. An answer that takes 100 ms is never sent: no
#   status, no line in its log. Python's own http.server, asked in the same way, answers.
# With: uvicorn 0.54.0, httptools 0.9.0, Python 3.11; seen 2026-12-01.
# Matters: probes and load generators in shell (nc -N), some balancers and job schedulers speak so. A health or metrics
#   page that is made in a thread looks dead at random, and a model is returned for what no model did.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  uvicorn==0.54.0 httptools==0.9.0 h11==0.16.0 click==8.4.2
cd "$folder"
venv/bin/python - <<'PY'
import asyncio
import http.server
import socket
import threading
import time

import uvicorn

WAIT_S = 0.1


async def app(scope, receive, send):
    await asyncio.sleep(WAIT_S)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(WAIT_S)
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *words):
        pass


def ask(port, half_closed):
    with socket.create_connection(("127.0.0.1", port)) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        if half_closed:
            caller.shutdown(socket.SHUT_WR)
        answer = b""
        while part := caller.recv(1000):
            answer += part
    return answer.split(b"\r\n")[0].decode()


listener = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error", http="httptools"))
threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
plain = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=plain.serve_forever, daemon=True).start()
while not server.started:
    time.sleep(0.05)
port = listener.getsockname()[1]
found = {
    "uvicorn, caller stays open": ask(port, False),
    "uvicorn, caller has said all": ask(port, True),
    "http.server, caller has said all": ask(plain.server_port, True),
}
for name, line in found.items():
    print(f"{name}: {line!r}")
assert list(found.values()) == ["HTTP/1.1 200 OK", "", "HTTP/1.0 200 OK"], "no longer as described"
PY
