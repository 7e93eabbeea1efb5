//! Operators' plans, which set their limits. An unknown name is never mapped to a plan.

use serde::{Deserialize, Serialize};

/// An operator's plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// The plan to start with.
    Free,
    /// The plan for a team.
    Pro,
    /// The largest plan.
    Enterprise,
}

/// The names of all plans.
pub const NAMES: [&str; 3] = ["free", "pro", "enterprise"];

impl Plan {
    /// The plan with this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "free" => Self::Free,
            "pro" => Self::Pro,
            "enterprise" => Self::Enterprise,
            _ => return None,
        })
    }

    /// The name of the plan.
    pub fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }

    /// The most Config API channels that each of the operator's projects may have.
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
