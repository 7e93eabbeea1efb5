//! The APIs by which something is made and shown: one model, several faces.

use serde::{Deserialize, Serialize};

/// By which API a destination, with its rule and its deliveries, was made. It decides in whose lists they show, and how
/// what goes out is written and signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Face {
    /// The STACK API: destinations `ndst_…` and channels `nch_…`.
    #[default]
    Stack,
    /// The Mail API: webhook subscriptions `whk_…`.
    Mail,
    /// The Providers API: a tenant's providers, by UUID.
    Providers,
    /// The Config API: the notification channels of a project, by UUID.
    Config,
    /// Stack Auth: webhook endpoints `ep_…`.
    StackAuth,
}

impl Face {
    /// As rows write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Mail => "mail",
            Self::Providers => "providers",
            Self::Config => "config",
            Self::StackAuth => "stack_auth",
        }
    }

    /// All of them.
    pub const ALL: [Self; 5] = [Self::Stack, Self::Mail, Self::Providers, Self::Config, Self::StackAuth];

    /// The API of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|face| face.as_str() == name)
    }

    /// Whether it is the STACK API, which rows leave out.
    pub fn is_stack(&self) -> bool {
        *self == Self::Stack
    }
}
