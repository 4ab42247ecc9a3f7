//! The connections of an HTTP client, and how they come to follow its TLS files.

use std::sync::Arc;

use parking_lot::Mutex;
use reqwest::{Client, ClientBuilder, Proxy, Url, cookie::Jar, redirect::Policy};
use rustls::ClientConfig;

use super::{HttpClientSettings, chain, other_name::OtherName, parse_url};
use crate::net::tls::{self, Current, Follower};

/// As Go's client.
const MAX_REDIRECTS: usize = 10;
/// How long a peer may take to answer an HTTP/2 ping unless the settings say otherwise.
const DEFAULT_PING_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);

/// Makes connections, with new ones from the request on that finds changed TLS files.
#[derive(Debug)]
pub(super) struct Transport {
    settings: HttpClientSettings,
    uses_tls: bool,
    cookies: Option<Arc<Jar>>,
    other_name: Option<Arc<OtherName>>,
    made: Mutex<Option<Made>>,
}

/// What the requests of now go through.
#[derive(Debug)]
struct Made {
    current: Option<Current<ClientConfig>>,
    tls: Arc<ClientConfig>,
    client: Client,
}

impl Transport {
    /// Opens no file yet.
    pub(super) fn new(settings: &HttpClientSettings, uses_tls: bool) -> Result<Self, String> {
        // The only look at the proxy before a request needs it.
        drop(builder(settings)?);
        let cookies = settings.cookies.get().map(|_| Arc::new(Jar::default()));
        // A proxy would look the name up.
        let other_name = match settings.proxy_url.as_str() {
            "" => OtherName::of(&settings.tls),
            _ => None,
        };
        let settings = settings.clone();
        Ok(Self { settings, uses_tls, cookies, other_name, made: Mutex::new(None) })
    }

    /// Reads the files; what is returned keeps the connections up to date with them.
    pub(super) fn start(&self) -> Result<Option<Follower>, String> {
        let (made, follower) = self.make()?;
        *self.made.lock() = Some(made);
        Ok(follower)
    }

    /// The URL as it is asked for.
    pub(super) fn url(&self, url: &str) -> Result<Url, String> {
        let mut url = parse_url(url)?;
        if let Some(other_name) = &self.other_name {
            other_name.put_into(&mut url);
        }
        Ok(url)
    }

    /// What the next request goes through.
    pub(super) fn client(&self) -> Result<Client, String> {
        let mut made = self.made.lock();
        let made = match &mut *made {
            Some(made) => made,
            // Somebody only wants to check what is there.
            none => none.insert(self.make()?.0),
        };
        if let Some(current) = &made.current {
            let tls = current.load();
            if !Arc::ptr_eq(&tls, &made.tls) {
                made.client = self.client_with(&tls)?;
                made.tls = tls;
            }
        }
        Ok(made.client.clone())
    }

    fn make(&self) -> Result<(Made, Option<Follower>), String> {
        let protocols: &[&[u8]] =
            if self.settings.force_attempt_http2 { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
        let (current, follower) = match self.uses_tls {
            true => {
                let made = tls::client_config(&self.settings.tls, protocols);
                Some(made.map_err(|error| error.to_string())?).unzip()
            }
            false => (None, None),
        };
        let tls = match &current {
            Some(current) => current.load(),
            None => Arc::new(tls::plain_config(protocols).map_err(|error| error.to_string())?),
        };
        let client = self.client_with(&tls)?;
        Ok((Made { current, tls, client }, follower))
    }

    fn client_with(&self, tls: &ClientConfig) -> Result<Client, String> {
        let mut builder = builder(&self.settings)?.tls_backend_preconfigured(tls.clone());
        if let Some(cookies) = &self.cookies {
            builder = builder.cookie_provider(Arc::clone(cookies));
        }
        if let Some(other_name) = &self.other_name {
            builder = builder.dns_resolver(Arc::clone(other_name));
        }
        builder.build().map_err(|error| format!("cannot set the client up: {}", chain(&error)))
    }
}

/// Goes where the same request is wanted by the same server. Elsewhere it would take along headers with
/// secrets, and a redirect that turns it into a GET, to a login page perhaps, would count as delivered.
fn redirects() -> Policy {
    Policy::custom(|attempt| {
        let is_same_request = matches!(attempt.status().as_u16(), 307 | 308);
        let origin = |url: &Url| (url.host_str().map(str::to_owned), url.scheme() == "http");
        let (to, from) = (origin(attempt.url()), attempt.previous().last().map(origin));
        let is_same_server = from.is_some_and(|from| from.0 == to.0 && (from.1 || !to.1));
        if !is_same_request || !is_same_server {
            attempt.stop()
        } else if attempt.previous().len() > MAX_REDIRECTS {
            attempt.error("too many redirects")
        } else {
            attempt.follow()
        }
    })
}

fn builder(settings: &HttpClientSettings) -> Result<ClientBuilder, String> {
    let mut builder = Client::builder()
        .tcp_nodelay(true)
        .redirect(redirects())
        .pool_max_idle_per_host(settings.max_idle_connections());
    let idle = settings.idle_conn_timeout.get();
    builder = builder.pool_idle_timeout((!idle.is_zero()).then_some(idle));
    if !settings.force_attempt_http2 {
        builder = builder.http1_only();
    }
    let ping_interval = settings.http2_read_idle_timeout.get();
    if !ping_interval.is_zero() {
        let timeout = settings.http2_ping_timeout.get();
        let timeout = if timeout.is_zero() { DEFAULT_PING_TIMEOUT } else { timeout };
        builder =
            builder.http2_keep_alive_interval(ping_interval).http2_keep_alive_timeout(timeout);
    }
    if !settings.proxy_url.is_empty() {
        let proxy = Proxy::all(&settings.proxy_url);
        builder = builder.proxy(proxy.map_err(|error| format!("proxy_url: {}", chain(&error)))?);
    }
    Ok(builder)
}
