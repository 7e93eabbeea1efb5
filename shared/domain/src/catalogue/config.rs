//! Types of the Config API. Its text names no field of an analysis.

use serde::Deserialize;

use super::{Entry, entry};
use crate::Severity::Medium;

/// What the names of these types begin with: the channels of a project take them all.
pub const PREFIX: &str = "analysis.";

/// `data` of an analysis.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Analysis {
    /// The analysis's id.
    id: Option<String>,
    /// What was found, in a line.
    title: Option<String>,
    /// What was found.
    summary: Option<String>,
    /// Where to read more.
    url: Option<String>,
}

pub(super) const ENTRIES: &[Entry] = &[entry::<Analysis>("analysis.completed", Medium, "An analysis is complete")];
