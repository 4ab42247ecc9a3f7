//! Certificates that are made for a test, in a directory that goes with it.

use std::path::PathBuf;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use tempfile::TempDir;

use crate::settings::{TlsClientSettings, TlsServerSettings};

/// An authority, and the directory of the files that are written with it.
pub(crate) struct Pki {
    pub(crate) dir: TempDir,
    issuer: Issuer<'static, KeyPair>,
    /// The authority's certificate.
    pub(crate) ca: String,
}

/// A certificate and its key, as PEM.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Pki {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, format!("ca {}", fastrand::u64(..)));
        let key = KeyPair::generate().unwrap();
        let ca = params.self_signed(&key).unwrap().pem();
        let pki = Self { dir: TempDir::new().unwrap(), issuer: Issuer::new(params, key), ca };
        pki.write("ca.pem", &pki.ca);
        pki
    }

    /// A certificate for a name or an address, signed by the authority.
    pub(crate) fn pair(&self, name: &str) -> Pair {
        self.pair_with(name, |_| {})
    }

    pub(crate) fn pair_with(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Pair {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Pair { certificate, key: key.serialize_pem() }
    }

    /// One that was valid until a year that is over.
    pub(crate) fn expired(&self) -> Pair {
        self.pair_with("localhost", |params| {
            params.not_before = date_time_ymd(2019, 1, 1);
            params.not_after = date_time_ymd(2020, 2, 3);
        })
    }

    /// One that is valid from a year that is far.
    pub(crate) fn not_yet_valid(&self) -> Pair {
        self.pair_with("localhost", |params| params.not_before = date_time_ymd(2999, 1, 1))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Writes a pair as `<name>.crt` and `<name>.key`.
    pub(crate) fn write_pair(&self, name: &str, pair: &Pair) {
        self.write(&format!("{name}.crt"), &pair.certificate);
        self.write(&format!("{name}.key"), &pair.key);
    }

    /// A server with a certificate for localhost in `server.crt`.
    pub(crate) fn server(&self) -> TlsServerSettings {
        if !self.path("server.crt").exists() {
            self.write_pair("server", &self.pair("localhost"));
        }
        let mut settings = TlsServerSettings::default();
        settings.a.cert_file = self.path("server.crt").display().to_string();
        settings.a.key_file = self.path("server.key").display().to_string();
        settings
    }

    /// A client that trusts the authority.
    pub(crate) fn client(&self) -> TlsClientSettings {
        let mut settings = TlsClientSettings::default();
        settings.a.ca_file = self.path("ca.pem").display().to_string();
        settings
    }

    /// The same with a certificate of its own in `client.crt`.
    pub(crate) fn known_client(&self) -> TlsClientSettings {
        if !self.path("client.crt").exists() {
            self.write_pair("client", &self.pair("client"));
        }
        let mut settings = self.client();
        settings.a.cert_file = self.path("client.crt").display().to_string();
        settings.a.key_file = self.path("client.key").display().to_string();
        settings
    }
}
