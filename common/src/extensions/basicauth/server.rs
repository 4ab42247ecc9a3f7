//! Checks the credentials of requests.

use std::{num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use base64::{
    Engine as _, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};
use futures_util::{FutureExt, future::BoxFuture};
use http::{HeaderMap, HeaderValue, header};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::{htpasswd::Table, path, remembered::Remembered, settings::HtpasswdSettings};
use crate::{
    component::{BuildError, StartError, Tasks},
    extensions::{
        keyed_digest::{DigestKey, KeyedDigest},
        watched::Watched,
    },
    net::auth::{ServerAuthenticator, Unauthenticated},
    pipeline::Identity,
};

/// How many requests may wait for a slow check, and how long.
const MAX_WAITING: usize = 256;
const MAX_WAIT: Duration = Duration::from_secs(5);
/// How long credentials that are right are remembered after each use. They go with the table.
const VALID_LIFE: Duration = Duration::from_secs(60);
const MAX_VALID: usize = 4096;
/// How long wrong ones are, so that a client with an old password costs one check and not all of them.
const REFUSED_LIFE: Duration = Duration::from_secs(10);
const MAX_REFUSED: usize = 1024;

const NO_AUTH: Unauthenticated = refusal("no basic auth provided");
const NO_BASIC: Unauthenticated = refusal("invalid authorization scheme prefix");
const MALFORMED: Unauthenticated = refusal("invalid authorization format");
const WRONG: Unauthenticated = refusal("invalid credentials");
const BUSY: Unauthenticated = refusal("too many credentials are being checked, try again later");

const fn refusal(message: &'static str) -> Unauthenticated {
    Unauthenticated { message: std::borrow::Cow::Borrowed(message) }
}

/// As Go's decoder, which does not mind what the last character has beyond the last byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The server side of the extension.
pub(super) struct BasicServer {
    key: Arc<DigestKey>,
    users: Arc<Watched<Users>>,
    /// Cores that may be busy with slow checks.
    places: Arc<Semaphore>,
    waiting: Semaphore,
}

impl std::fmt::Debug for BasicServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BasicServer").finish_non_exhaustive()
    }
}

/// Who is known, and what was found out since that was read.
struct Users {
    table: Table,
    valid: Mutex<Remembered>,
    refused: Mutex<Remembered>,
}

impl BasicServer {
    pub(super) fn new(settings: &HtpasswdSettings) -> Result<Self, BuildError> {
        let inline = settings.inline.clone();
        let file = path(&settings.file);
        let name = settings.file.clone();
        let users = Watched::new(file.into_iter().collect(), move |texts| {
            let of_file = texts.first().map_or("", |text| text.reveal());
            for bad in Table::read(&[of_file]).1 {
                tracing::warn!(
                    file = name,
                    line = bad.line,
                    reason = bad.reason,
                    "htpasswd line is not used"
                );
            }
            let (table, _) = Table::read(&[of_file, inline.reveal()]);
            if table.is_empty() {
                tracing::warn!(file = name, "htpasswd has no users, all requests will be refused");
            }
            Ok(Users::new(table))
        });
        let places = available_parallelism().map_or(1, NonZero::get) / 2;
        Ok(Self {
            key: Arc::new(DigestKey::random()?),
            users,
            places: Arc::new(Semaphore::new(places.max(1))),
            waiting: Semaphore::new(MAX_WAITING),
        })
    }

    pub(super) async fn start(&self, tasks: &Tasks) -> Result<(), StartError> {
        self.users.load().await?;
        self.users.follow(tasks);
        Ok(())
    }

    async fn check(&self, headers: &HeaderMap) -> Result<Identity, Unauthenticated> {
        let credentials = Credentials::of(headers)?;
        let users = self.users.current().ok_or(WRONG)?;
        let (place, is_known) = users.table.find(&credentials.name, &self.key).ok_or(WRONG)?;
        let hash = users.table.hash(place).ok_or(WRONG)?;
        let is_right = if hash.is_slow() {
            let check = Check {
                digest: self.key.digest(&credentials.whole),
                key: Arc::clone(&self.key),
                users: Arc::clone(&users),
                place,
                password: credentials.password,
                is_known,
            };
            self.check_slowly(check).await?
        } else {
            hash.matches(&credentials.password, &self.key) && is_known
        };
        if !is_right {
            return Err(WRONG);
        }
        let name = String::from_utf8(credentials.name).map_err(|_| WRONG)?;
        Ok(Identity::default().with("username", &name).with_secret("raw", &credentials.raw))
    }

    async fn check_slowly(&self, check: Check) -> Result<bool, Unauthenticated> {
        if let Some(is_right) = check.users.recall(check.digest) {
            return Ok(is_right);
        }
        let waiting = self.waiting.try_acquire().map_err(|_| BUSY)?;
        let place = Arc::clone(&self.places).acquire_owned();
        let Ok(Ok(place)) = tokio::time::timeout(MAX_WAIT, place).await else {
            return Err(BUSY);
        };
        drop(waiting);
        // Whoever was before us may have had the same credentials.
        if let Some(is_right) = check.users.recall(check.digest) {
            return Ok(is_right);
        }
        // The place goes along: a client that hangs up does not make room for another check.
        let checked = tokio::task::spawn_blocking(move || {
            let _place = place;
            check.run()
        });
        checked.await.map_err(|_| WRONG)
    }
}

/// One slow check.
struct Check {
    digest: KeyedDigest,
    key: Arc<DigestKey>,
    users: Arc<Users>,
    place: usize,
    password: Vec<u8>,
    is_known: bool,
}

impl Check {
    fn run(&self) -> bool {
        let hash = self.users.table.hash(self.place);
        let is_match = hash.is_some_and(|hash| hash.matches(&self.password, &self.key));
        let is_right = is_match && self.is_known;
        let known = if is_right { &self.users.valid } else { &self.users.refused };
        known.lock().note(self.digest);
        is_right
    }
}

impl Users {
    fn new(table: Table) -> Self {
        Self {
            table,
            valid: Mutex::new(Remembered::new(VALID_LIFE, MAX_VALID)),
            refused: Mutex::new(Remembered::new(REFUSED_LIFE, MAX_REFUSED)),
        }
    }

    fn recall(&self, digest: KeyedDigest) -> Option<bool> {
        let mut valid = self.valid.lock();
        if valid.has(digest) {
            valid.note(digest);
            return Some(true);
        }
        drop(valid);
        self.refused.lock().has(digest).then_some(false)
    }
}

impl ServerAuthenticator for BasicServer {
    fn authenticate<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> BoxFuture<'a, Result<Identity, Unauthenticated>> {
        self.check(headers).boxed()
    }

    fn challenge(&self) -> HeaderValue {
        HeaderValue::from_static("Basic realm=\"collector\", charset=\"UTF-8\"")
    }
}

/// What a request says.
struct Credentials {
    raw: String,
    whole: Vec<u8>,
    name: Vec<u8>,
    password: Vec<u8>,
}

impl Credentials {
    fn of(headers: &HeaderMap) -> Result<Self, Unauthenticated> {
        const PREFIX_BYTES: usize = "Basic ".len();
        let value = headers.get(header::AUTHORIZATION).filter(|value| !value.is_empty());
        let value = value.ok_or(NO_AUTH)?.as_bytes();
        let (prefix, raw) = value.split_at_checked(PREFIX_BYTES).ok_or(NO_BASIC)?;
        if !prefix.eq_ignore_ascii_case(b"Basic ") {
            return Err(NO_BASIC);
        }
        let raw = std::str::from_utf8(raw).map_err(|_| MALFORMED)?;
        let whole = BASE64.decode(raw).map_err(|_| MALFORMED)?;
        let colon = whole.iter().position(|byte| *byte == b':').ok_or(MALFORMED)?;
        let (name, password) = whole.split_at_checked(colon).ok_or(MALFORMED)?;
        let (name, password) = (name.to_vec(), password.iter().skip(1).copied().collect());
        Ok(Self { raw: raw.to_owned(), whole, name, password })
    }
}

#[cfg(test)]
mod tests;
