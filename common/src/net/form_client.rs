//! Posts forms to a server that is asked seldom, such as one that gives out tokens.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, header};
use reqwest::{Client, Url, redirect::Policy};

use super::{
    http_client::{answer, chain, other_name::OtherName, parse_url},
    tls::{client_config, explain, plain_config},
};
use crate::settings::TlsClientSettings;

const MAX_BODY_BYTES: usize = 1 << 20;

/// Posts to one address. A request has a connection of its own, made with what the files of `tls` say then.
#[derive(Clone, Debug)]
pub struct FormClient {
    url: Url,
    tls: TlsClientSettings,
    timeout: Duration,
    user_agent: HeaderValue,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub struct FormAnswer {
    /// The status code.
    pub status: u16,
    /// The media type without parameters, in lower case; empty if there is none.
    pub media_type: String,
    /// The body.
    pub body: Bytes,
}

impl FormClient {
    /// Makes a client without connecting; `timeout` is for a whole request.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn new(
        url: &str,
        tls: TlsClientSettings,
        timeout: Duration,
        user_agent: &str,
    ) -> Result<Self, String> {
        let user_agent = HeaderValue::try_from(user_agent).map_err(|error| error.to_string())?;
        Ok(Self { url: parse_url(url)?, tls, timeout, user_agent })
    }

    /// Reads the files of `tls`, to say early what is wrong with them.
    ///
    /// # Errors
    /// What is wrong with them.
    pub async fn check(&self) -> Result<(), String> {
        self.client().await.map(drop)
    }

    /// Posts a form. Redirects are not followed: the form is for this server alone.
    ///
    /// # Errors
    /// Why there is no answer, or that it is too long.
    pub async fn post(
        &self,
        form: &[(String, String)],
        authorization: Option<HeaderValue>,
    ) -> Result<FormAnswer, String> {
        let failed = |error: reqwest::Error| {
            let error = error.without_url();
            explain(&error).unwrap_or_else(|| chain(&error))
        };
        let (client, url) = self.client().await?;
        let mut request = client
            .post(url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, self.user_agent.clone())
            .body(encode_form(form));
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let media_type = answer::media_type(response.headers());
        let (body, is_whole) = answer::body(response, MAX_BODY_BYTES).await.map_err(failed)?;
        if !is_whole {
            return Err("the answer has more than the 1 MiB allowed".to_owned());
        }
        Ok(FormAnswer { status, media_type, body })
    }

    async fn client(&self) -> Result<(Client, Url), String> {
        let this = self.clone();
        let made = tokio::task::spawn_blocking(move || this.make());
        made.await.map_err(|error| error.to_string())?
    }

    /// A client, and the address under which it finds the server.
    fn make(&self) -> Result<(Client, Url), String> {
        const PROTOCOLS: &[&[u8]] = &[b"http/1.1"];
        let tls = match self.url.scheme() {
            "https" => client_config(&self.tls, PROTOCOLS).map(|(current, _)| current.load()),
            _ => plain_config(PROTOCOLS).map(Into::into),
        };
        let tls = tls.map_err(|error| error.to_string())?;
        let mut builder = Client::builder()
            .tls_backend_preconfigured(rustls::ClientConfig::clone(&tls))
            .http1_only()
            .pool_max_idle_per_host(0)
            .redirect(Policy::none())
            .timeout(self.timeout);
        let mut url = self.url.clone();
        if let Some(other_name) = OtherName::of(&self.tls) {
            other_name.put_into(&mut url);
            builder = builder.dns_resolver(other_name);
        }
        let client = builder.build();
        let client =
            client.map_err(|error| format!("cannot set the client up: {}", chain(&error)))?;
        Ok((client, url))
    }
}

/// Names and values as a form has them.
#[must_use]
pub fn encode_form(form: &[(String, String)]) -> String {
    let pairs = form.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// A text as it stands in a form.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The reverse of [`encode_form`]; what is no form is read as far as it is one.
#[must_use]
pub fn decode_form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let mut digit = || ahead.next().and_then(|byte| char::from(byte).to_digit(16));
        let escaped = match byte {
            b'%' => digit().zip(digit()).and_then(|(high, low)| u8::try_from(high * 16 + low).ok()),
            _ => None,
        };
        match (byte, escaped) {
            (_, Some(escaped)) => {
                bytes.push(escaped);
                rest = ahead;
            }
            (b'+', None) => bytes.push(b' '),
            (byte, None) => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
