//! Security headers, which limit what a browser allows the console's pages to do.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// What a deployment allows in addition to the default policy.
#[derive(Debug, Default)]
pub struct Embedding {
    /// The origins of pages that may show the console in a frame.
    pub frame_ancestors: Vec<String>,
    /// The origins of logos.
    pub logo_origins: Vec<String>,
}

impl Embedding {
    /// Reads the variables `FRAME_ANCESTORS` and `LOGO_ORIGINS`, which list origins separated by spaces.
    pub fn from_env() -> Self {
        let origins = |name| {
            let text = std::env::var(name).unwrap_or_default();
            text.split_whitespace().filter(|text| is_origin(text)).map(str::to_owned).collect()
        };
        Self { frame_ancestors: origins("FRAME_ANCESTORS"), logo_origins: origins("LOGO_ORIGINS") }
    }

    /// The Content-Security-Policy. Scripts, styles and data must come from this origin. By default the page cannot be
    /// framed, because a user who is signed in has a key in it.
    pub(crate) fn policy(&self) -> String {
        let ancestors = match &*self.frame_ancestors {
            [] => "'none'".to_owned(),
            origins => origins.join(" "),
        };
        let logos: String = self.logo_origins.iter().map(|origin| format!(" {origin}")).collect();
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{logos}; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
        )
    }
}

/// Whether a text is an https origin and nothing else. It must not add directives to the policy.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").unwrap_or_default();
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'))
}

const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Two years, and only for this host: a policy for other hosts of its domain is not ours to set.
const HTTPS_ONLY: &str = "max-age=63072000";

/// Adds the headers to a response.
pub(crate) async fn add(State(policy): State<HeaderValue>, request: Request, next: Next) -> Response {
    // API Gateway only accepts https, and says so in this header. Over http, HSTS has no effect (RFC 6797, section
    // 7.2).
    let by_https = request.headers().get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    if by_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_ONLY));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_origins_may_frame_the_console_and_provide_logos() {
        let closed = Embedding::default().policy();
        assert!(closed.contains("img-src 'self' data:; ") && closed.ends_with("frame-ancestors 'none'"));
        let open = Embedding {
            frame_ancestors: vec!["https://app.example.com".into(), "https://b.example".into()],
            logo_origins: vec!["https://cdn.example.com".into()],
        };
        assert!(open.policy().contains("img-src 'self' data: https://cdn.example.com;"));
        assert!(open.policy().ends_with("frame-ancestors https://app.example.com https://b.example"));
    }

    #[test]
    fn an_origin_cannot_extend_the_policy() {
        assert!(is_origin("https://app.example.com:8443"));
        for wrong in
            ["*", "https://", "http://a.example", "https://a.example/x", "https://a.example;script-src", "'self'"]
        {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }
}
