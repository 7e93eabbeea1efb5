//! API keys and the permissions of their bearers.

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What a key's bearer may do. Each role may do all that the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Can read.
    Viewer,
    /// Can also write destinations, rules and events.
    Editor,
    /// Can do everything.
    Admin,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        })
    }
}

/// The bearer of a key, which the key's prefix shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    /// `sk_live_op_…`: the operator, with all permissions.
    Operator,
    /// `sk_live_tm_…`: a member of the operator's team, with a role.
    TeamMember,
    /// `sk_live_pt_…`: whoever has a portal link, for a short time.
    Portal,
}

/// What a key was created for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum KeyKind {
    /// A program or a member of the team.
    #[default]
    Key,
    /// A portal link.
    Portal,
}

impl Bearer {
    fn prefix(self) -> &'static str {
        match self {
            Self::Operator => "sk_live_op_",
            Self::TeamMember => "sk_live_tm_",
            Self::Portal => "sk_live_pt_",
        }
    }
}

/// 200 random bits: 40 characters in base 32.
const RANDOM_BYTES: usize = 25;
const RANDOM_CHARS: usize = 40;

/// An API key in the clear. It is shown once, when it is created, and sent by clients. It is never stored and never
/// logged.
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// Generates a key of 200 bits with a cryptographic generator seeded by the operating system.
    pub fn generate(bearer: Bearer) -> Self {
        let random = Zeroizing::new(rand::rng().random::<[u8; RANDOM_BYTES]>());
        let text = BASE32_NOPAD.encode(&*random).to_ascii_lowercase();
        Self(Zeroizing::new(format!("{}{text}", bearer.prefix())))
    }

    /// Parses text from a client. Returns `None` if it does not have the format of a key, which saves reading the
    /// table.
    pub fn parse(text: &str) -> Option<Self> {
        [Bearer::Operator, Bearer::TeamMember, Bearer::Portal]
            .iter()
            .filter_map(|bearer| text.strip_prefix(bearer.prefix()))
            .any(|rest| rest.len() == RANDOM_CHARS && rest.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')))
            .then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The stored form: the SHA-256 of the key, in hex. The key has too many random bits to be guessed from it, so no
    /// slow hash is needed.
    pub fn hash(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(self.0.as_bytes()))
    }

    /// The key itself, for the only response that shows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(••••••••)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_prefix_reads_back_and_never_shows_itself() {
        let key = ApiKey::generate(Bearer::TeamMember);
        assert!(key.reveal().starts_with("sk_live_tm_"));
        assert_eq!(ApiKey::parse(key.reveal()).expect("a key").hash(), key.hash());
        assert_ne!(ApiKey::generate(Bearer::TeamMember).hash(), key.hash());
        assert!(!format!("{key:?}").contains("sk_live"));
    }

    #[test]
    fn what_cannot_be_a_key_is_not_looked_up() {
        for wrong in ["", "sk_live_op_", "sk_live_op_abc123", "sk_test_op_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(ApiKey::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_higher_role_may_all_that_a_lower_may() {
        assert!(Role::Viewer < Role::Editor && Role::Editor < Role::Admin);
    }
}
