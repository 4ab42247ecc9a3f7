//! A certificate authority of the tests' own, the certificates that it signs, good and bad, and the ways
//! in which files are replaced while somebody reads them.

use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tempfile::TempDir;

const SLOWLY: Duration = Duration::from_millis(20);
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Signs certificates.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate in PEM, for those who shall trust it.
    pub pem: String,
}

/// A certificate and its key in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate.
    pub cert: String,
    /// The private key, as PKCS #8.
    pub key: String,
}

/// What is special about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing: it is valid for years.
    None,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is for another host.
    WrongName,
}

impl Authority {
    /// An authority of its own key.
    ///
    /// # Panics
    /// If no key can be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = params(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A server certificate for this machine.
    #[must_use]
    pub fn server(&self) -> Identity {
        self.flawed_server(Flaw::None)
    }

    /// The same with a flaw.
    #[must_use]
    pub fn flawed_server(&self, flaw: Flaw) -> Identity {
        let names = if flaw == Flaw::WrongName { &["elsewhere.example"][..] } else { &LOCAL_NAMES };
        self.sign("server", names, ExtendedKeyUsagePurpose::ServerAuth, flaw)
    }

    /// A server certificate for other names.
    #[must_use]
    pub fn server_for(&self, names: &[&str]) -> Identity {
        self.sign("server", names, ExtendedKeyUsagePurpose::ServerAuth, Flaw::None)
    }

    /// A client certificate.
    #[must_use]
    pub fn client(&self, name: &str) -> Identity {
        self.flawed_client(name, Flaw::None)
    }

    /// The same with a flaw.
    #[must_use]
    pub fn flawed_client(&self, name: &str, flaw: Flaw) -> Identity {
        self.sign(name, &[], ExtendedKeyUsagePurpose::ClientAuth, flaw)
    }

    fn sign(
        &self,
        name: &str,
        hosts: &[&str],
        usage: ExtendedKeyUsagePurpose,
        flaw: Flaw,
    ) -> Identity {
        let mut params = params(name, hosts);
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        match flaw {
            Flaw::Expired => params.not_after = date_time_ymd(2021, 1, 1),
            Flaw::NotYetValid => params.not_before = date_time_ymd(2100, 1, 1),
            Flaw::None | Flaw::WrongName => {}
        }
        let key = KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap().pem();
        Identity { cert, key: key.serialize_pem() }
    }
}

fn params(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2120, 1, 1);
    params
}

/// What most tests of TLS start from: one authority, one server, one client, all as files too.
#[derive(Debug)]
pub struct Pki {
    /// Signed both certificates.
    pub authority: Authority,
    /// The server's.
    pub server: Identity,
    /// The client's.
    pub client: Identity,
    /// Where the files are: `ca.pem`, `server.pem`, `server.key`, `client.pem`, `client.key`.
    pub files: Folder,
}

impl Pki {
    /// A fresh one.
    #[must_use]
    pub fn new() -> Self {
        let authority = Authority::new("authority");
        let (server, client) = (authority.server(), authority.client("client"));
        let files = Folder::new();
        files.write("ca.pem", &authority.pem);
        files.write_identity("server", &server);
        files.write_identity("client", &client);
        Self { authority, server, client, files }
    }

    /// The `tls` section of one of our servers.
    #[must_use]
    pub fn server_tls(&self) -> String {
        let at = |name| self.files.path(name).display().to_string();
        format!("{{cert_file: {}, key_file: {}}}", at("server.pem"), at("server.key"))
    }

    /// The same, demanding a client certificate.
    #[must_use]
    pub fn mutual_server_tls(&self) -> String {
        let section = self.server_tls();
        let ca = self.files.path("ca.pem");
        section.replace('}', &format!(", client_ca_file: {}}}", ca.display()))
    }

    /// The `tls` section of one of our exporters.
    #[must_use]
    pub fn client_tls(&self) -> String {
        format!("{{ca_file: {}}}", self.files.path("ca.pem").display())
    }

    /// The same, with a client certificate.
    #[must_use]
    pub fn mutual_client_tls(&self) -> String {
        let at = |name| self.files.path(name).display().to_string();
        let (ca, cert, key) = (at("ca.pem"), at("client.pem"), at("client.key"));
        format!("{{ca_file: {ca}, cert_file: {cert}, key_file: {key}}}")
    }
}

impl Default for Pki {
    fn default() -> Self {
        Self::new()
    }
}

/// A folder whose files are replaced in the ways that happen in practice.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// An empty one.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// Where a file of it is.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file in place: whoever reads meanwhile may see half of it.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The same at a crawl: for a while half of the file is there, whoever looks.
    ///
    /// # Panics
    /// If it cannot be written.
    pub async fn write_slowly(&self, name: &str, text: &str) {
        let (half, _) = text.split_at(text.len() / 2);
        std::fs::write(self.path(name), half).unwrap();
        tokio::time::sleep(SLOWLY).await;
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Writes a file beside it and renames: the file changes at once.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn rename(&self, name: &str, text: &str) -> PathBuf {
        let fresh = self.write(&format!("{name}.fresh"), text);
        let path = self.path(name);
        std::fs::rename(fresh, &path).unwrap();
        path
    }

    /// Writes `name.pem` and `name.key` in place, one after the other.
    pub fn write_identity(&self, name: &str, identity: &Identity) {
        self.write(&format!("{name}.pem"), &identity.cert);
        self.write(&format!("{name}.key"), &identity.key);
    }

    /// Changes all files at once as Kubernetes does in a mounted Secret: each is a link into `..data`,
    /// which is a link to a folder with a time stamp, and only that second link is ever replaced.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn swap_data(&self, stamp: usize, files: &[(&str, &str)]) {
        let name = format!("..2026_{stamp:06}");
        let folder = self.path(&name);
        std::fs::create_dir(&folder).unwrap();
        for (file, text) in files {
            std::fs::write(folder.join(file), text).unwrap();
        }
        let before = std::fs::read_link(self.path("..data"));
        symlink(&name, self.path("..data_tmp")).unwrap();
        std::fs::rename(self.path("..data_tmp"), self.path("..data")).unwrap();
        for (file, _) in files {
            let link = self.path(file);
            if !link.is_symlink() {
                drop(std::fs::remove_file(&link));
                symlink(Path::new("..data").join(file), link).unwrap();
            }
        }
        if let Ok(before) = before {
            std::fs::remove_dir_all(self.path(&before.to_string_lossy())).unwrap();
        }
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}
