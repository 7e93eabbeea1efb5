//! Event types of the Config API, whose documentation does not name any field of an analysis.

use serde::Deserialize;

use super::{Entry, entry};
use crate::Severity::Medium;

/// The prefix of these types' names. A project's channels accept all of them.
pub const PREFIX: &str = "analysis.";

/// `data` of an analysis.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Analysis {
    /// The analysis's id.
    id: Option<String>,
    /// The finding, in one line.
    title: Option<String>,
    /// The finding in more detail.
    summary: Option<String>,
    /// Where to read more.
    url: Option<String>,
}

pub(super) const ENTRIES: &[Entry] = &[entry::<Analysis>("analysis.completed", Medium, "An analysis is complete")];
