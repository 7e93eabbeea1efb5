//! Types of the Providers API: its notifications, as rules may match them.

use serde::Deserialize;

use super::{Entry, Name, entry};
use crate::{
    Severity::{Info, Medium},
    event_type::NOTIFICATION,
};

/// `data` of an alert or a report.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Notification {
    /// What it is about, in a line.
    title: Name,
    /// What there is to say.
    body: Option<String>,
    /// Figures and facts.
    fields: Option<Vec<Field>>,
    /// Where to read more.
    source_url: Option<String>,
}

/// A figure or fact.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Field {
    /// What it is.
    label: String,
    /// Its value, as people read it.
    value: String,
}

pub(super) const ENTRIES: &[Entry] = &[
    entry::<Notification>("alert.fired", Medium, "An alert fired"),
    entry::<Notification>("report.scheduled", Info, "A report is due"),
    entry::<Notification>(NOTIFICATION, Info, "A notification was sent to chosen providers"),
];
