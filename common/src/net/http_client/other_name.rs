//! `server_name_override` over HTTP.
//!
//! The library asks in TLS for the host of the URL. So the URL gets the other name, which leads to the
//! addresses of the host that it had.

use std::sync::Arc;

use parking_lot::Mutex;
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use rustls::pki_types::ServerName;

use crate::{
    net::{client::is_proxied, tls::name_override},
    settings::TlsClientSettings,
};

/// The other name, and the host that it stands for now.
#[derive(Debug)]
pub(in crate::net) struct OtherName {
    name: String,
    host: Mutex<String>,
}

impl OtherName {
    /// Nothing if there is no other name, or it is an address, which TLS does not ask for.
    pub(in crate::net) fn of(settings: &TlsClientSettings) -> Option<Arc<Self>> {
        match name_override(settings) {
            Ok(Some(ServerName::DnsName(name))) => {
                let name = name.as_ref().to_ascii_lowercase();
                Some(Arc::new(Self { name, host: Mutex::default() }))
            }
            _ => None,
        }
    }

    /// Puts the name into a URL. One that goes through a proxy stays as it is, because the proxy would
    /// look the name up.
    pub(in crate::net) fn put_into(&self, url: &mut Url) {
        let Some(host) = url.host_str().filter(|_| url.scheme() == "https") else {
            return;
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let is_proxied = is_proxied(&host, url.port_or_known_default().unwrap_or_default());
        if !is_proxied && url.set_host(Some(&self.name)).is_ok() {
            *self.host.lock() = host;
        }
    }
}

impl Resolve for OtherName {
    fn resolve(&self, name: Name) -> Resolving {
        // A redirect may lead anywhere.
        let host = match name.as_str().eq_ignore_ascii_case(&self.name) {
            true => self.host.lock().clone(),
            false => name.as_str().to_owned(),
        };
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}
