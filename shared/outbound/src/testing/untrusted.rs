//! Hostile notifications for the format tests of every platform: mentions, markup, invisible characters, and more of it
//! than fits.

use domain::{Notification, Severity, notification::Field};
use jiff::Timestamp;
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::played::PLAYED;

/// Text that several platforms or programs interpret. [`PLAYED`] has the mentions and markup of each platform.
const PIECES: [&str; 29] = [
    "[click](https://evil.example)",
    "[a]: https://evil.example",
    "evil.example",
    "https://evil.example/?a=b&c",
    "# heading",
    "\n## heading",
    "\n- item",
    "\n1. item",
    "\n> quote",
    "```",
    "`",
    "**",
    "__",
    "~~",
    "\\",
    "|",
    "\"",
    "'",
    "\u{0}",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{200b}",
    "👩\u{200d}👩\u{200d}👧",
    "e\u{301}",
    "\r\n",
    " ",
    "\n    code",
    "\n===",
    "\n---|---\n",
];

fn pieces() -> Vec<&'static str> {
    PLAYED.iter().flat_map(|played| played.markup).chain(&PIECES).copied().collect()
}

/// A notification, its severity label, its time and its footer.
pub type Said = (Notification, String, Timestamp, String);

fn text(longest: usize) -> impl Strategy<Value = String> {
    let piece = || prop_oneof![4 => select(pieces()).prop_map(str::to_owned), 1 => ".{0,12}"];
    prop_oneof![
        6 => vec(piece(), 0..12).prop_map(|pieces| pieces.concat()),
        1 => (piece(), 1..longest).prop_map(|(piece, length)| piece.repeat(length / piece.len().max(1))),
    ]
}

fn field() -> impl Strategy<Value = Field> {
    (text(300), text(1500)).prop_map(|(label, value)| Field { label, value })
}

/// Generates notifications of all kinds.
pub fn said() -> impl Strategy<Value = Said> {
    let severity = select(&[Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical][..]);
    let urls =
        ["https://example.com/a?b=<|>&c#|x".into(), "javascript:alert(1)".into(), long_url(1990), long_url(9000)];
    let url = option::of(select(urls.to_vec()).prop_map(|url| url.parse().expect("a URL")));
    let fields = prop_oneof![4 => vec(field(), 0..12), 1 => vec(field(), 20..120)];
    let notification =
        (text(400), text(7000), severity, fields, url).prop_map(|(title, body, severity, fields, url)| Notification {
            title,
            body,
            severity,
            fields,
            source_url: url,
        });
    let time = (0..4_000_000_000_000_i64).prop_map(|ms| Timestamp::from_millisecond(ms).expect("a time"));
    (notification, text(200), time, text(200))
}

fn long_url(length: usize) -> String {
    format!("https://example.com/{}", "x".repeat(length - 20))
}

/// The notification in every file's example.
pub fn example() -> Said {
    let field = |label: &str, value: &str| Field { label: label.into(), value: value.into() };
    let notification = Notification {
        title: "Acceptance rate < 5% & <!channel>".into(),
        body: "observed *0.04*\n- now".into(),
        severity: Severity::Critical,
        fields: vec![field("Observed", "0.04"), field("Since", "")],
        source_url: Some("https://app.example.com/ops?a=1&b=x|y".parse().expect("a URL")),
    };
    (notification, "critical".into(), "2026-04-15T10:00:00.25Z".parse().expect("a time"), "evt_1".into())
}

/// A notification with almost no content.
pub fn empty() -> Said {
    let notification = Notification {
        title: String::new(),
        body: "\u{200b}\n".into(),
        severity: Severity::Info,
        fields: vec![Field { label: " ".into(), value: String::new() }],
        source_url: None,
    };
    (notification, "info".into(), "2026-04-15T10:00:00Z".parse().expect("a time"), " ".into())
}

/// A notification that exceeds every platform's limits.
pub fn huge(piece: &str) -> Said {
    let long = piece.repeat(6000);
    let notification = Notification {
        title: long.clone(),
        body: long.clone(),
        severity: Severity::High,
        fields: vec![Field { label: long.clone(), value: long.clone() }; 60],
        source_url: Some(long_url(2000).parse().expect("a URL")),
    };
    (notification, long.clone(), "2026-04-15T10:00:00Z".parse().expect("a time"), long)
}
