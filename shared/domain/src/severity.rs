//! Severities: one order for all APIs, each of which has its own names.

use serde::{Deserialize, Serialize};

use crate::ApiKind;

/// How serious an event is: `info` < `low` < `medium` = `warning` < `high` < `critical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A small matter.
    Low,
    /// Something to look at; the STACK and Providers APIs call it `warning`.
    #[serde(alias = "warning")]
    Medium,
    /// Something to look at now.
    High,
    /// Something is broken.
    Critical,
}

/// How serious an event is, as the STACK and the Providers API say it.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum StackSeverity {
    /// Worth knowing.
    Info,
    /// Something to look at.
    Warning,
    /// Something is broken.
    Critical,
}

/// How serious an analysis is, as the Config API says it.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum ConfigSeverity {
    /// Something is broken.
    Critical,
    /// Something to look at now.
    High,
    /// Something to look at.
    Medium,
    /// A small matter.
    Low,
}

/// How serious an event is, as it may be posted.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum PostedSeverity {
    /// Worth knowing.
    Info,
    /// A small matter.
    Low,
    /// Something to look at.
    Medium,
    /// The same as `medium`.
    Warning,
    /// Something to look at now.
    High,
    /// Something is broken.
    Critical,
}

/// Every name that an event may be posted with.
pub const NAMES: [&str; 6] = ["info", "low", "medium", "warning", "high", "critical"];

/// The thresholds of the Config API.
pub const CONFIG_NAMES: [&str; 4] = ["critical", "high", "medium", "low"];
/// The severities of the STACK and the Providers API, lowest first.
pub const STACK_NAMES: [&str; 3] = ["info", "warning", "critical"];

impl Severity {
    /// The severity with this name in any API.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "info" => Self::Info,
            "low" => Self::Low,
            "medium" | "warning" => Self::Medium,
            "high" => Self::High,
            "critical" => Self::Critical,
            _ => return None,
        })
    }

    /// The STACK API's name: the highest of its three that is not above this severity.
    pub fn stack_name(self) -> &'static str {
        match self {
            Self::Info | Self::Low => "info",
            Self::Medium | Self::High => "warning",
            Self::Critical => "critical",
        }
    }

    /// The Config API's name. `info`, which is below all of its four, keeps its own name.
    pub fn config_name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The name in the API of `api`.
    pub fn name(self, api: ApiKind) -> &'static str {
        match api {
            ApiKind::Config => self.config_name(),
            ApiKind::Stack | ApiKind::Mail | ApiKind::Providers | ApiKind::StackAuth => self.stack_name(),
        }
    }

    /// The severity with this name in the Config API, which has four.
    pub fn from_config_name(name: &str) -> Option<Self> {
        CONFIG_NAMES.contains(&name).then(|| Self::from_name(name))?
    }

    /// The severity with this name in the STACK API, which has three.
    pub fn from_stack_name(name: &str) -> Option<Self> {
        STACK_NAMES.contains(&name).then(|| Self::from_name(name))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_the_designs_and_warning_is_medium() {
        use Severity::*;
        assert!(Info < Low && Low < Medium && Medium < High && High < Critical);
        assert_eq!(Severity::from_name("warning"), Some(Medium));
        assert_eq!(Severity::from_stack_name("high"), None);
        for name in ["info", "warning", "critical"] {
            assert_eq!(Severity::from_stack_name(name).map(Severity::stack_name), Some(name));
        }
        for name in CONFIG_NAMES {
            assert_eq!(Severity::from_config_name(name).map(Severity::config_name), Some(name));
        }
        assert_eq!((Severity::from_config_name("info"), Severity::from_config_name("warning")), (None, None));
    }
}
