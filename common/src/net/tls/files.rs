//! The PEM texts behind the keys of a `tls` section, and whether their files have changed.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use super::TlsError;
use crate::settings::{
    Secret, TlsSettings,
    named_file::{self, CLOCK_STEP, FileError, Stamp, age},
};

/// A bundle of all public roots is a twentieth of this.
const MAX_BYTES: u64 = 4 << 20;

/// Where the PEM texts of one configuration come from.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    certificate: Option<Source>,
    key: Option<Source>,
    roots: Option<Source>,
}

#[derive(Clone, Debug)]
enum Source {
    File(&'static str, PathBuf),
    Written(&'static str, Secret),
}

/// What the PEM texts are now.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) certificate: Option<Text>,
    pub(super) key: Option<Text>,
    pub(super) roots: Option<Text>,
}

/// One PEM text. Its `Debug` shows none of it, because it may be a key.
pub(super) struct Text {
    key: &'static str,
    path: Option<PathBuf>,
    pub(super) bytes: Vec<u8>,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What tells whether a file is still the one that was read. Whether it is recent makes that it is read once
/// more: two changes may be too close for the clock of a file system.
pub(super) type Look = (Stamp, bool);

impl Source {
    fn new(keys: [&'static str; 2], file: &str, pem: &Secret) -> Option<Self> {
        let [file_key, pem_key] = keys;
        match (file, pem.is_empty()) {
            ("", true) => None,
            ("", false) => Some(Self::Written(pem_key, pem.clone())),
            (file, _) => Some(Self::File(file_key, PathBuf::from(file))),
        }
    }

    fn read(&self) -> Result<Text, TlsError> {
        match self {
            Self::Written(key, pem) => {
                Ok(Text { key, path: None, bytes: pem.reveal().as_bytes().to_vec() })
            }
            Self::File(key, path) => {
                let mut text = Text { key, path: Some(path.clone()), bytes: Vec::new() };
                text.bytes = read(path).map_err(|reason| text.error(reason))?;
                Ok(text)
            }
        }
    }
}

impl Sources {
    /// The certificate, its key, and the roots that a client trusts.
    pub(super) fn of(settings: &TlsSettings) -> Self {
        let TlsSettings { cert_file, cert_pem, key_file, key_pem, ca_file, ca_pem, .. } = settings;
        Self {
            certificate: Source::new(["cert_file", "cert_pem"], cert_file, cert_pem),
            key: Source::new(["key_file", "key_pem"], key_file, key_pem),
            roots: Source::new(["ca_file", "ca_pem"], ca_file, ca_pem),
        }
    }

    /// The same with the roots of client certificates instead.
    pub(super) fn with_client_roots(self, file: &str) -> Self {
        let roots = Source::new(["client_ca_file", ""], file, &Secret::default());
        Self { roots, ..self }
    }

    fn all(&self) -> impl Iterator<Item = &Source> {
        [&self.certificate, &self.key, &self.roots].into_iter().flatten()
    }

    /// The files among them.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.all().filter_map(|source| match source {
            Source::File(_, path) => Some(path.as_path()),
            Source::Written(..) => None,
        })
    }

    /// How the files look now.
    pub(super) fn looks(&self) -> Vec<Option<Look>> {
        self.files().map(look).collect()
    }

    /// Reads all of them.
    pub(super) fn read(&self) -> Result<Texts, TlsError> {
        let read = |source: &Option<Source>| source.as_ref().map(Source::read).transpose();
        Ok(Texts {
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
            roots: read(&self.roots)?,
        })
    }
}

impl Texts {
    /// A number that differs where the texts do.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for text in [&self.certificate, &self.key, &self.roots] {
            text.as_ref().map(|text| &text.bytes).hash(&mut hasher);
        }
        hasher.finish()
    }
}

impl Text {
    /// What is wrong with it.
    pub(super) fn error(&self, reason: impl Into<String>) -> TlsError {
        let file = self.path.as_ref().map(|path| path.display().to_string());
        TlsError { key: self.key, file, reason: reason.into() }
    }
}

fn look(path: &Path) -> Option<Look> {
    let found = std::fs::metadata(path).ok()?;
    let is_recent = age(&found).is_none_or(|age| age < CLOCK_STEP);
    Some((Stamp::of(&found), is_recent))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    named_file::read(path, MAX_BYTES).map_err(|error| match error {
        FileError::Unreadable(error) => format!("cannot be read: {error}"),
        FileError::NoFile => "is not a file".to_owned(),
        FileError::TooLarge => "is larger than 4 MiB".to_owned(),
    })
}
