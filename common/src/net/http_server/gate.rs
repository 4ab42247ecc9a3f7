//! Lets requests in whose sender is known.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Version, header};

use super::{HttpDefaults, HttpServerSettings, Request, Response};
use crate::{
    net::{auth::ServerAuthenticator, status::http_status},
    pipeline::Rejected,
};

/// What is read of a refused request and thrown away, as Go's server does, so that its sender sees the
/// answer and no broken connection.
const MAX_DISCARDED_BYTES: usize = 256 << 10;

/// Asks an authenticator about each request.
#[derive(Debug)]
pub(super) struct Gate {
    authenticator: Arc<dyn ServerAuthenticator>,
    /// Parameters of the URL that count as headers.
    params: Vec<String>,
}

impl Gate {
    pub(super) fn new<D: HttpDefaults>(
        settings: &HttpServerSettings<D>,
        authenticator: Option<Arc<dyn ServerAuthenticator>>,
    ) -> Option<Self> {
        let params = settings.auth.get().map(|auth| auth.b.request_params.clone());
        let params = params.unwrap_or_default();
        authenticator.map(|authenticator| Self { authenticator, params })
    }

    /// Notes who sent the request; an answer if nobody knows.
    pub(super) async fn pass(&self, request: &mut Request) -> Result<(), Response> {
        let identity = if self.params.is_empty() {
            self.authenticator.authenticate(&request.headers).await
        } else {
            self.authenticator.authenticate(&self.with_params(request)).await
        };
        match identity {
            Ok(identity) => {
                request.identity = identity;
                Ok(())
            }
            Err(error) => {
                if request.version < Version::HTTP_2 {
                    request.discard(MAX_DISCARDED_BYTES).await;
                }
                Err(self.refusal(error.into()))
            }
        }
    }

    fn refusal(&self, rejected: Rejected) -> Response {
        let status = http_status(rejected.reason).as_u16();
        let mut response = Response::text(status, rejected.message.into_owned());
        match rejected.retry_after {
            Some(wait) => {
                let seconds = wait.as_secs().to_string();
                response = response.with_header(header::RETRY_AFTER, &seconds);
            }
            None => {
                let challenge = self.authenticator.challenge();
                response.headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
        }
        response
    }

    /// The headers, and the parameters in place of headers of their names.
    fn with_params(&self, request: &Request) -> HeaderMap {
        let mut headers = request.headers.clone();
        for name in &self.params {
            let value = request.query_value(name).map(HeaderValue::try_from);
            if let (Some(Ok(value)), Ok(name)) = (value, HeaderName::try_from(name)) {
                headers.insert(name, value);
            }
        }
        headers
    }
}
