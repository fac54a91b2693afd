"""A time stamp authority by HTTP on loopback: OpenSSL makes its answers (`openssl ts`), by certificates of its own."""

import datetime as dt
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "Xinglin test authority"
CONFIGURATION = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


class Authority:
    """An authority. `told` is what it answers instead of a stamp, `asked` how often it was asked."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("needs openssl, which makes the time stamps")
        self.folder = folder
        folder.mkdir()
        self.roots = folder / "root.pem"
        self.told: tuple[int, bytes] | None = None
        self.asked = 0
        self._certify()
        (folder / "serial").write_text("01")
        (folder / "ts.cnf").write_text(CONFIGURATION.format(folder=folder))

    def reply(self, query: bytes) -> tuple[int, bytes]:
        """Status and body of an answer."""
        self.asked += 1
        if self.told is not None:
            return self.told
        (self.folder / "query").write_bytes(query)
        command = [
            "openssl",
            "ts",
            "-reply",
            "-config",
            "ts.cnf",
            "-section",
            "own",
            "-queryfile",
            "query",
            "-out",
            "out",
        ]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=30)
        return 200, (self.folder / "out").read_bytes()

    def _certify(self) -> None:
        root, signer = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{NAME} root")])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
        authority = x509.BasicConstraints(ca=True, path_length=None)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        own = _builder(issuer, issuer, root).add_extension(authority, critical=True).sign(root, hashes.SHA256())
        leaf = _builder(issuer, subject, signer).add_extension(usage, critical=True).sign(root, hashes.SHA256())
        self.roots.write_bytes(own.public_bytes(Encoding.PEM))
        (self.folder / "signer.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
        key = signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "signer.key").write_bytes(key)


def _builder(issuer: x509.Name, subject: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
    )


@contextmanager
def serving(authority: Authority) -> Iterator[str]:
    """The address at which an authority answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = authority.reply(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
