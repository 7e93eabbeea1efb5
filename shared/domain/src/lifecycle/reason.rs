//! Why a delivery is held or has ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a delivery is held, or why it ended without a failed attempt that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Reason {
    /// Held: its rule is paused.
    RulePaused,
    /// Held: its destination is disabled.
    DestinationDisabled,
    /// Held: the address of its destination is not verified.
    DestinationUnverified,
    /// Held: its destination became unhealthy before the first attempt.
    DestinationUnhealthy,
    /// Ended: its destination was deleted.
    DestinationDeleted,
    /// Ended: its mail address bounced or complained.
    Suppressed,
    /// Ended: its destination rate limited it for too long.
    RateLimited,
    /// Ended: it could not be sent because of a problem on our side.
    NotSent,
    /// Ended: the function that sent it stopped before it recorded the result.
    Interrupted,
    /// Ended: its mail was sent and bounced.
    Bounced,
    /// Ended: the mail service accepted its mail and then refused to send it.
    Rejected,
    /// A reason in a row that another version of this service wrote.
    Other(String),
}

impl Reason {
    /// All reasons that this version writes.
    pub const ALL: [Self; 11] = [
        Self::RulePaused,
        Self::DestinationDisabled,
        Self::DestinationUnverified,
        Self::DestinationUnhealthy,
        Self::DestinationDeleted,
        Self::Suppressed,
        Self::RateLimited,
        Self::NotSent,
        Self::Interrupted,
        Self::Bounced,
        Self::Rejected,
    ];

    /// The text in rows and in the API.
    pub fn as_str(&self) -> &str {
        match self {
            Self::RulePaused => "rule_paused",
            Self::DestinationDisabled => "destination_disabled",
            Self::DestinationUnverified => "destination_unverified",
            Self::DestinationUnhealthy => "destination_unhealthy",
            Self::DestinationDeleted => "destination_deleted",
            Self::Suppressed => "suppressed",
            Self::RateLimited => "rate_limited",
            Self::NotSent => "not_sent",
            Self::Interrupted => "interrupted",
            Self::Bounced => "bounced",
            Self::Rejected => "rejected",
            Self::Other(text) => text,
        }
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).unwrap_or(Self::Other(text))
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Other(text) => text,
            known => known.as_str().to_owned(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_stored_as_its_text() {
        for reason in Reason::ALL {
            let json = serde_json::to_value(&reason).expect("JSON");
            assert_eq!(json, reason.as_str());
            assert_eq!(serde_json::from_value::<Reason>(json).expect("a reason"), reason);
        }
        assert_eq!(Reason::ALL.len(), std::collections::BTreeSet::from(Reason::ALL.map(String::from)).len());
    }

    #[test]
    fn a_reason_of_another_version_is_kept() {
        let reason: Reason = serde_json::from_value("paused_by_quota".into()).expect("a reason");
        assert_eq!(reason, Reason::Other("paused_by_quota".into()));
        assert_eq!(serde_json::to_value(reason).expect("JSON"), "paused_by_quota");
    }
}
