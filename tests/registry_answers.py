"""A server that answers MLflow's reading calls from a table, as wrongly as a test likes."""

import json
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

API = "/api/2.0/mlflow/"
MISSING = (404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "not found"})


class Answers:
    """What is answered: path → (status, body), a list of these in turn, or a function of the query."""

    def __init__(self):
        self.table, self.asked, self.url = {}, Counter(), ""

    def tag(self, line, text):
        """Show a release tag of the line."""
        tags = [{"key": "slipway.release", "value": text}] if text is not None else []
        model = {"registered_model": {"name": line, "tags": tags}}
        self.table[f"{API}registered-models/get"] = (200, model)

    def version(self, files, digest, run="r"):
        """Register every version of every model with these files (path → content) of one run."""

        def found(query):
            named = {"version": query["version"][0], "run_id": run}
            tags = [{"key": "ranker_digest", "value": digest}]
            return 200, {"model_version": named | {"tags": tags}}

        listing = [{"path": p, "is_dir": False, "file_size": len(c)} for p, c in files.items()]
        self.table[f"{API}model-versions/get"] = found
        self.table[f"{API}artifacts/list"] = (200, {"files": listing})
        self.table["/get-artifact"] = lambda query: (200, files[query["path"][0]])

    def of(self, target):
        """The answer to one request."""
        url = urlsplit(target)
        self.asked[url.path] += 1
        found = self.table.get(url.path, MISSING)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found(parse_qs(url.query)) if callable(found) else found


@contextmanager
def answering():
    """The server on a free port until the block ends."""
    answers = Answers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = answers.of(self.path)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answers.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
