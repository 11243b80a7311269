# SPDX-License-Identifier: Apache-2.0
"""A certificate authority for one test, by the openssl command: certificates that are right, expired, or for another host."""
import ssl
import subprocess

EXTENSIONS = "basicConstraints=CA:FALSE\nsubjectAltName={names}\n"


def openssl(folder, *arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


class Authority:
    def __init__(self, folder, name="ca"):
        self.folder, self.file, self.key = folder, folder / f"{name}.pem", folder / f"{name}.key"
        (folder / f"{name}.days").mkdir()
        self.state = folder / f"{name}.days"
        openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-keyout", self.key, "-out", self.file,
                "-subj", f"/CN=sfsink test {name}", "-addext", "basicConstraints=critical,CA:TRUE")

    def server(self, names="DNS:localhost,IP:127.0.0.1", expired=False):
        """A server's TLS context with a certificate of ours."""
        made = self.state / f"{len(list(self.state.iterdir()))}"
        key, request, certificate = made.with_suffix(".key"), made.with_suffix(".csr"), made.with_suffix(".pem")
        openssl(self.folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=stand-in")
        (self.state / "index").write_text("")
        (self.state / "serial").write_text(f"{len(list(self.state.iterdir())) + 16:04X}\n")
        (self.state / "extensions").write_text(EXTENSIONS.format(names=names))
        (self.state / "ca.cnf").write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.state}/index\nserial={self.state}/serial\nnew_certs_dir={self.state}\n"
                                           "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        openssl(self.folder, "ca", "-batch", "-notext", "-config", self.state / "ca.cnf", "-cert", self.file, "-keyfile", self.key, "-in", request, "-out", certificate,
                "-extfile", self.state / "extensions", "-startdate", "20200101000000Z", "-enddate", "20200201000000Z" if expired else "20990101000000Z")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context
