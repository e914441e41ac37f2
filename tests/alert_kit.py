"""Real receivers on free ports: a web hook that answers what it is told to, and a mail server."""

import json
import socketserver
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


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
    """A mail server: ``taken`` holds whole messages, ``heard`` each line; ``refuses`` receivers.

    ``tls`` is the file with key and certificate that it shows.
    """

    class Receiver(socketserver.StreamRequestHandler):
        def handle(self):
            self._say("220 here")
            while line := self.rfile.readline().decode().strip():
                word = line[:4].upper()
                self.server.heard.append(line)
                if word == "EHLO" and self.server.tls:
                    self._say("250-here\r\n250 STARTTLS")
                elif word == "STAR":
                    self._say("220 go on")
                    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                    shown.load_cert_chain(self.server.tls)
                    with suppress(OSError):
                        shown.wrap_socket(self.request, server_side=True)
                    return
                elif word == "DATA":
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
    server.taken, server.heard, server.refuses, server.tls = [], [], False, None
    return server


def self_signed(folder):
    """A file with a key and a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    found = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "mail.pem"
    path.write_bytes(key.private_bytes(*form) + found.public_bytes(Encoding.PEM))
    return path
