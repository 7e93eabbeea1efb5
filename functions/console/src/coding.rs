//! Content negotiation: the content coding that a request prefers (RFC 9110, section 12.5.3).

use axum::http::{HeaderMap, header::ACCEPT_ENCODING};

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Br,
    Gzip,
    Identity,
}

impl Coding {
    /// The coding's name in headers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Br => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }
}

/// Returns the entry of `offered` that the request prefers, and the earlier of two with equal weight. `None` if the
/// request accepts none of them.
pub(crate) fn best<T: Copy>(offered: &[(Coding, T)], request: &HeaderMap) -> Option<(Coding, T)> {
    let mut best = None;
    for &(coding, form) in offered {
        let weight = weight(request, coding);
        if weight > best.map_or(0, |(weight, _)| weight) {
            best = Some((weight, (coding, form)));
        }
    }
    best.map(|(_, found)| found)
}

/// The request's weight for a coding, from 0 (not acceptable) to 1000.
fn weight(request: &HeaderMap, coding: Coding) -> u16 {
    let values = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any = None;
    for item in values.flat_map(|value| value.split(',')) {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        if name.trim().eq_ignore_ascii_case(coding.name()) {
            return thousandths(parameters);
        }
        if name.trim() == "*" {
            any = Some(thousandths(parameters));
        }
    }
    // Codings that the request does not name are not used, except identity, which has the lowest weight.
    any.unwrap_or(u16::from(coding == Coding::Identity))
}

/// Reads `q=0.5` as 500. An invalid weight counts as 0: sending more bytes is better than sending unreadable ones.
fn thousandths(parameters: &str) -> u16 {
    let Some((_, number)) = parameters.split_once('=') else { return 1000 };
    let number = number.trim().parse::<f32>().ok().filter(|number| (0.0..=1.0).contains(number));
    number.map_or(0, |number| (number * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn chosen(accept: Option<&'static str>) -> Option<Coding> {
        let mut request = HeaderMap::new();
        if let Some(accept) = accept {
            request.insert(ACCEPT_ENCODING, HeaderValue::from_static(accept));
        }
        best(&[(Coding::Br, ()), (Coding::Gzip, ()), (Coding::Identity, ())], &request).map(|(coding, ())| coding)
    }

    #[test]
    fn the_smallest_that_is_taken() {
        for (accept, expected) in [
            (None, Some(Coding::Identity)),
            (Some(""), Some(Coding::Identity)),
            (Some("gzip, deflate, br, zstd"), Some(Coding::Br)),
            (Some("GZIP"), Some(Coding::Gzip)),
            (Some("br;q=0.5, gzip;q=0.8"), Some(Coding::Gzip)),
            (Some("br;q=0, gzip"), Some(Coding::Gzip)),
            (Some("br;q=lots"), Some(Coding::Identity)),
            (Some("gzip;q=0.001"), Some(Coding::Gzip)),
            (Some("identity, br;q=0.9"), Some(Coding::Identity)),
            (Some("*"), Some(Coding::Br)),
            (Some("*, br;q=0"), Some(Coding::Gzip)),
            (Some("compress"), Some(Coding::Identity)),
            (Some("identity;q=0, *;q=0"), None),
        ] {
            assert_eq!(chosen(accept), expected, "{accept:?}");
        }
    }
}
