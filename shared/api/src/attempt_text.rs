//! Formats the error of an attempt as part of a sentence.

use axum::http::StatusCode;

/// Formats an attempt's error like the Providers API: `Slack returned 500: invalid_payload`, `Webhook returned 500`.
pub fn returned(who: &str, error: &str) -> String {
    let Some(answer) = error.strip_prefix("answered ") else { return format!("{who} failed: {error}") };
    let (status, said) = answer.split_at(answer.find(|c: char| !c.is_ascii_digit()).unwrap_or(answer.len()));
    let reason = status.parse().ok().and_then(|status: u16| StatusCode::from_u16(status).ok());
    let said = said.strip_prefix(' ').unwrap_or(said);
    match said {
        // A standard phrase of the protocol, not a message from the receiver.
        said if reason.and_then(|status| status.canonical_reason()) == Some(said) => format!("{who} returned {status}"),
        "" => format!("{who} returned {status}"),
        said if said.starts_with("and points to ") => format!("{who} returned {status} {said}"),
        said if said.starts_with([',', ';']) => format!("{who} returned {status}{said}"),
        said => format!("{who} returned {status}: {said}"),
    }
}

/// Formats an attempt's error as the end of a sentence about the endpoint.
pub(crate) fn predicate(error: &str) -> String {
    if error.starts_with("answered ") { error.to_owned() } else { format!("gave no answer ({error})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_use_the_terms_of_the_providers_api() {
        for (who, error, expected) in [
            ("Webhook", "answered 500 Internal Server Error", "Webhook returned 500"),
            ("Webhook", "answered 599", "Webhook returned 599"),
            ("Slack", "answered 500 invalid_payload", "Slack returned 500: invalid_payload"),
            ("Slack", "answered 404 Not Found", "Slack returned 404"),
            ("Webhook", "answered 301; redirects are not followed", "Webhook returned 301; redirects are not followed"),
            ("Webhook", "no answer within 10 s", "Webhook failed: no answer within 10 s"),
        ] {
            assert_eq!(returned(who, error), expected);
        }
        let redirect = "answered 302 and points to https://example.com/new; redirects are not followed";
        let expected = "Webhook returned 302 and points to https://example.com/new; redirects are not followed";
        assert_eq!(returned("Webhook", redirect), expected);
    }
}
