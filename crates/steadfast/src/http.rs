//! A small HTTP client: JSON out, bytes in, keep-alive, with a limit on time and size.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// How long a request may take. Shorter cuts a long poll (20 s) off; longer waits for a peer that is gone.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest body that is read: a list of every claim on a large host is well below.
const BODY_BYTES_MAX: usize = 64 << 20;

/// Why a request had no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("{0}")]
    Request(#[from] http::Error),
    #[error("no connection: {0}")]
    Unreachable(String),
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Timeout,
    #[error("the answer broke off: {0}")]
    Broken(String),
}

/// What a peer answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body as text, short enough for an error.
    #[must_use]
    pub fn excerpt(&self) -> String {
        const CHARS_MAX: usize = 300;
        String::from_utf8_lossy(&self.body).trim().chars().take(CHARS_MAX).collect()
    }
}

/// Connections to any number of peers.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Default for Http {
    fn default() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        Http { client: Client::builder(TokioExecutor::new()).build(connector) }
    }
}

impl Http {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// When there is none: nobody knows whether the request arrived.
    pub async fn send(
        &self,
        method: Method,
        url: &Uri,
        headers: &HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<Answer, HttpError> {
        let mut request = Request::builder().method(method).uri(url.clone()).body(Full::new(body.into()))?;
        request.headers_mut().extend(headers.clone());
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|e| HttpError::Unreachable(root(&e)))?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
            let body = body.map_err(|e| HttpError::Broken(e.to_string()))?.to_bytes();
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        };
        tokio::time::timeout(TIMEOUT, exchange).await.unwrap_or(Err(HttpError::Timeout))
    }
}

/// One header, marked so that it never shows.
///
/// # Panics
/// When the value cannot stand in a header; every secret here was checked for that where it was read.
#[must_use]
pub fn secret_header(name: HeaderName, value: &str) -> HeaderMap {
    let mut value = HeaderValue::from_str(value).expect("the secret was checked where it was read");
    value.set_sensitive(true);
    HeaderMap::from_iter([(name, value)])
}

/// `Authorization: Bearer KEY`.
#[must_use]
pub fn bearer(key: &str) -> HeaderMap {
    secret_header(AUTHORIZATION, &format!("Bearer {key}"))
}

/// The innermost reason: the outer ones only say that a request failed.
fn root(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
