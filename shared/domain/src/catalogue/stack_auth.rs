//! Event types of Stack Auth. The `data` of a deleted object only has its id.

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
    /// The user's sign-in address.
    primary_email: Option<String>,
    /// Whether that address is verified.
    primary_email_verified: Option<bool>,
    /// Where the user's picture is.
    profile_image_url: Option<String>,
    /// Data that the project stores about the user and shows to clients.
    client_metadata: Option<Map<String, Value>>,
    /// Data that the project stores about the user and only shows to servers.
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
    /// Data that the project stores about the team and shows to clients.
    client_metadata: Option<Map<String, Value>>,
    /// Data that the project stores about the team and only shows to servers.
    server_metadata: Option<Map<String, Value>>,
}

/// `data` of an event about a user's membership of a team.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Membership {
    /// The team.
    team_id: Name,
    /// The user.
    user_id: Name,
}

/// `data` of an event about a user's permission in a team.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(dead_code, reason = "read to be checked, and passed on as it was posted")]
struct Permission {
    /// The permission.
    id: Name,
    /// The team in which the user has it.
    team_id: Name,
    /// The user who has it.
    user_id: Name,
}

/// The names of all types of Stack Auth.
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
