//! Types of Stack Auth. What has been deleted is told by its id alone.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Entry, Name, entry};
use crate::Severity::Info;

/// `data` of an event about a user.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct User {
    /// The user's id.
    id: Name,
    /// The name that others see.
    display_name: Option<String>,
    /// The address that the user signs in with.
    primary_email: Option<String>,
    /// Whether that address is verified.
    primary_email_verified: Option<bool>,
    /// Where the user's picture is.
    profile_image_url: Option<String>,
    /// What the project keeps of the user and shows to clients.
    client_metadata: Option<Map<String, Value>>,
    /// What the project keeps of the user and shows to servers only.
    server_metadata: Option<Map<String, Value>>,
}

/// `data` of an event about a team.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Team {
    /// The team's id.
    id: Name,
    /// The team's name.
    display_name: Option<String>,
    /// Where the team's picture is.
    profile_image_url: Option<String>,
    /// What the project keeps of the team and shows to clients.
    client_metadata: Option<Map<String, Value>>,
    /// What the project keeps of the team and shows to servers only.
    server_metadata: Option<Map<String, Value>>,
}

/// `data` of an event about a user's membership of a team.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Membership {
    /// Of which team.
    team_id: Name,
    /// Which user's.
    user_id: Name,
}

/// `data` of an event about what a user may do in a team.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Permission {
    /// What may be done.
    id: Name,
    /// In which team.
    team_id: Name,
    /// By which user.
    user_id: Name,
}

/// The names of its types.
pub fn names() -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().map(|entry| entry.name)
}

pub(super) const ENTRIES: &[Entry] = &[
    entry::<User>("user.created", Info, "A user was created"),
    entry::<User>("user.updated", Info, "A user was changed"),
    entry::<User>("user.deleted", Info, "A user was deleted"),
    entry::<Team>("team.created", Info, "A team was created"),
    entry::<Team>("team.updated", Info, "A team was changed"),
    entry::<Team>("team.deleted", Info, "A team was deleted"),
    entry::<Membership>("team_membership.created", Info, "A user joined a team"),
    entry::<Membership>("team_membership.deleted", Info, "A user left a team"),
    entry::<Permission>("team_permission.created", Info, "A user was given a permission in a team"),
    entry::<Permission>("team_permission.deleted", Info, "A user lost a permission in a team"),
];
