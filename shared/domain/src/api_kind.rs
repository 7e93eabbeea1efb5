//! The APIs through which objects are created and shown: one model, several faces.

use serde::{Deserialize, Serialize};

/// The API that created a destination, its rule and its deliveries. It decides which lists show them, and how requests
/// are written and signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ApiKind {
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

impl ApiKind {
    /// The name in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Mail => "mail",
            Self::Providers => "providers",
            Self::Config => "config",
            Self::StackAuth => "stack_auth",
        }
    }

    /// All APIs.
    pub const ALL: [Self; 5] = [Self::Stack, Self::Mail, Self::Providers, Self::Config, Self::StackAuth];

    /// The API with this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.as_str() == name)
    }

    /// Whether it is the STACK API, which rows omit.
    pub fn is_stack(&self) -> bool {
        *self == Self::Stack
    }
}
