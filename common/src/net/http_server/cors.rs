//! Cross-origin requests from browsers.
//!
//! Source: Fetch standard, "CORS protocol"; defaults are those of upstream's HTTP server.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::Full;

use super::CorsSettings;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST");
/// Headers that pages may always send.
const SAFE_HEADERS: [&str; 5] =
    ["accept", "content-type", "origin", "x-requested-with", "content-encoding"];

/// Which pages may talk to us.
#[derive(Debug)]
pub(super) struct Cors {
    origins: Vec<String>,
    /// In lower case.
    allowed_headers: Vec<String>,
    exposed_headers: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
}

pub(super) fn is_preflight<B>(request: &http::Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

impl Cors {
    /// None without origins: then no page is told that it may.
    pub(super) fn new(settings: &CorsSettings) -> Option<Self> {
        if settings.allowed_origins.is_empty() {
            return None;
        }
        let allowed_headers = match settings.allowed_headers.as_slice() {
            [] => SAFE_HEADERS.map(str::to_owned).to_vec(),
            names => names.iter().map(|name| name.to_ascii_lowercase()).collect(),
        };
        let exposed = settings.exposed_headers.join(", ");
        Some(Self {
            origins: settings.allowed_origins.clone(),
            allowed_headers,
            exposed_headers: HeaderValue::from_str(&exposed).ok().filter(|names| !names.is_empty()),
            max_age: (settings.max_age > 0).then(|| HeaderValue::from(settings.max_age)),
        })
    }

    /// The request's origin, if it may talk to us.
    pub(super) fn allowed_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let text = origin.to_str().ok()?;
        self.origins.iter().any(|pattern| matches(pattern, text)).then(|| origin.clone())
    }

    /// The answer to a preflight request; the origin's own headers are written later.
    pub(super) fn preflight(
        &self,
        origin: Option<&HeaderValue>,
        headers: &HeaderMap,
    ) -> http::Response<Full<Bytes>> {
        let mut response = http::Response::new(Full::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let asked = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
        let method = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let is_method_known =
            method.is_some_and(|method| matches!(method.as_bytes(), b"GET" | b"HEAD" | b"POST"));
        if origin.is_none() || !is_method_known || !asked.is_none_or(|names| self.allows(names)) {
            return response;
        }
        let out = response.headers_mut();
        out.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        if let Some(asked) = asked {
            out.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        if let Some(max_age) = &self.max_age {
            out.insert(header::ACCESS_CONTROL_MAX_AGE, max_age.clone());
        }
        response
    }

    /// Writes what every answer says; without an allowed origin only that it depends on it.
    pub(super) fn write_headers(&self, origin: Option<HeaderValue>, out: &mut HeaderMap) {
        out.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = origin else { return };
        out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        out.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        if let Some(names) = &self.exposed_headers {
            out.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names.clone());
        }
    }

    fn allows(&self, asked: &HeaderValue) -> bool {
        let Ok(asked) = asked.to_str() else {
            return false;
        };
        asked.split(',').map(|name| name.trim().to_ascii_lowercase()).all(|name| {
            name.is_empty()
                || self.allowed_headers.iter().any(|known| known == "*" || *known == name)
        })
    }
}

/// Whether an origin fits a pattern, in which each `*` stands for any text.
fn matches(pattern: &str, origin: &str) -> bool {
    let (pattern, origin) = (pattern.to_ascii_lowercase(), origin.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = origin.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}
