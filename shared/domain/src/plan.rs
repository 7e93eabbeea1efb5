//! Plans of operators, from which their limits come. Money is never guessed.

use serde::{Deserialize, Serialize};

/// A plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// For a start.
    Free,
    /// For a team.
    Pro,
    /// For many.
    Enterprise,
}

/// The names of all plans.
pub const NAMES: [&str; 3] = ["free", "pro", "enterprise"];

impl Plan {
    /// The plan of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "free" => Self::Free,
            "pro" => Self::Pro,
            "enterprise" => Self::Enterprise,
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }

    /// How many channels each project of the operator may have, of the Config API.
    pub fn channels_per_project(self) -> u32 {
        match self {
            Self::Free => 3,
            Self::Pro => 20,
            Self::Enterprise => 1000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_has_its_limit() {
        let limits = NAMES.map(|name| Plan::from_name(name).map(Plan::channels_per_project));
        assert_eq!(limits, [Some(3), Some(20), Some(1000)]);
        assert_eq!(NAMES.map(|name| Plan::from_name(name).map(Plan::name)), NAMES.map(Some));
        assert_eq!(Plan::from_name("gold"), None);
    }
}
