//! Event types of the STACK API. The API's documentation shows the `data` of one type, and does not say that any field
//! is required.

use serde::Deserialize;

use super::{Entry, entry};
use crate::Severity::{Critical, Medium};

/// `data` of an event about an agent or its passport.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Passport {
    /// The passport's id.
    jti: Option<String>,
    /// The agent's id.
    agent_id: Option<String>,
    /// Findings about the agent or its passport.
    flags: Option<Vec<Flag>>,
}

/// One finding.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Flag {
    /// The kind of finding, e.g. `undeclared_service`.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// How serious it is.
    severity: Option<String>,
    /// The finding, described for people.
    message: Option<String>,
}

pub(super) const ENTRIES: &[Entry] = &[
    entry::<Passport>("passport.flagged", Medium, "A passport was flagged"),
    entry::<Passport>("passport.blocked", Critical, "A passport was blocked"),
    entry::<Passport>("agent.blocked", Critical, "An agent was blocked"),
    entry::<Passport>("passport.missed_checkout", Medium, "A passport missed its checkout"),
];
