//! Where clients reach the listener.

use std::fmt;
use std::str::FromStr;

/// A base URL without a trailing slash, such as `http://10.0.0.1:8774`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(String);

/// A text is no base URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an endpoint: write http:// or https://, a host and perhaps a port or a path, such as http://10.0.0.1:8774"
)]
pub struct EndpointError(String);

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let refused = || EndpointError(text.to_owned());
        let uri: axum::http::Uri = text.parse().map_err(|_| refused())?;
        let web = matches!(uri.scheme_str(), Some("http" | "https"));
        if !web || uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
            return Err(refused());
        }
        Ok(Endpoint(text.trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_base_urls() {
        for good in ["http://h", "http://[::1]:8774/", "https://cloud.example/api"] {
            let endpoint: Endpoint = good.parse().expect(good);
            assert!(!endpoint.to_string().ends_with('/'), "{endpoint}");
        }
        for bad in ["", "h", "/compute", "ftp://h", "http://", "http://h/?a=b", "http://a b"] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }
}
