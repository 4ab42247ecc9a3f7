"""Certificates for tests, in files of one folder, and as Secrets."""

import pathlib
import subprocess

KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"


def authority(folder: pathlib.Path, name: str):
    openssl(folder, f"req -x509 {KEY} -keyout {name}.key -out {name}.crt -days 2 -subj /CN={name}")


def certificate(folder: pathlib.Path, name: str, of: str, names: str):
    """A certificate of an authority."""
    (folder / "names").write_text(f"subjectAltName={names}")
    openssl(folder, f"req {KEY} -keyout {name}.key -out {name}.csr -subj /CN={name}")
    ca = f"-CA {of}.crt -CAkey {of}.key -CAcreateserial"
    openssl(folder, f"x509 -req -in {name}.csr {ca} -out {name}.crt -days 1 -extfile names")


def secret(folder: pathlib.Path, name: str) -> dict:
    """A Secret as cert-manager writes it, with the authority `ca`, for the volume `tls`."""
    files = {"tls.crt": f"{name}.crt", "tls.key": f"{name}.key", "ca.crt": "ca.crt"}
    return {"tls": {file: (folder / source).read_text() for file, source in files.items()}}


def openssl(folder: pathlib.Path, words: str):
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
