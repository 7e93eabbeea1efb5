//! Event types of the Providers API: its notifications, as rules can match them.

use serde::Deserialize;

use super::{Entry, Name, entry};
use crate::Severity::{Info, Medium};

/// The type of the event for a notification sent to chosen providers.
pub(super) const NOTIFICATION: &str = "notification.sent";

/// `data` of an alert or a report.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Notification {
    /// The subject, in one line.
    title: Name,
    /// The text.
    body: Option<String>,
    /// Facts and figures.
    fields: Option<Vec<Field>>,
    /// Where to read more.
    source_url: Option<String>,
}

/// A fact or figure.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Field {
    /// The name of the fact or figure.
    label: String,
    /// Its value, as people read it.
    value: String,
}

pub(super) const ENTRIES: &[Entry] = &[
    entry::<Notification>("alert.fired", Medium, "An alert fired"),
    entry::<Notification>("report.scheduled", Info, "A report is due"),
    entry::<Notification>(NOTIFICATION, Info, "A notification was sent to chosen providers"),
];
