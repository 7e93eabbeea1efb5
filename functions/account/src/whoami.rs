//! The identity of the caller.

use api::{Caller, Reader, error::Result, responses::stack::Errors};
use axum::Json;
use domain::{Role, api_key::KeyKind, portal::Theme, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{App, State};

/// The account and permissions of an API key.
#[derive(Serialize, ToSchema)]
pub(crate) struct WhoAmI {
    /// The id of the account.
    #[schema(example = "op_01JRX2Q0Z8K5V3M7N9P4T6W8YA")]
    operator_id: String,
    /// The name of the account.
    name: String,
    /// The account's registered email address; empty for portal links.
    email: String,
    /// The account's plan.
    #[schema(example = "free")]
    plan: &'static str,
    /// The key's public id.
    #[schema(example = "key_01JRX2Q0Z8K5V3M7N9P4T6W8YA01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    key_id: String,
    /// The key's role.
    role: Role,
    /// Permissions in addition to the role.
    permissions: Vec<String>,
    /// The project that the key is bound to; null if there is none.
    project_id: Option<String>,
    /// What the key was created for.
    kind: KeyKind,
    /// When the key stops working; null for never.
    expires_at: Option<String>,
    /// How the console looks to the bearer of a portal link.
    theme: Option<Theme>,
}

/// Returns the account of the API key and its permissions.
#[utoipa::path(
    get, path = "/v1/whoami", tag = "Account", operation_id = "whoAmI",
    responses((status = 200, body = WhoAmI), Errors)
)]
pub(crate) async fn get(app: State, Reader(caller): Reader) -> Result<Json<WhoAmI>> {
    app.who(&caller).await.map(Json)
}

impl App {
    async fn who(&self, caller: &Caller) -> Result<WhoAmI> {
        let operator = self.operator(caller).await?;
        let grant = caller.grant();
        Ok(WhoAmI {
            operator_id: operator.id.to_string(),
            name: operator.name,
            // The bearer of a portal link is a customer of the account, who needs no address of it.
            email: if grant.kind == KeyKind::Portal { String::new() } else { operator.email },
            plan: operator.plan.name(),
            key_id: grant.key_id.to_string(),
            role: grant.role,
            permissions: grant.permissions.clone(),
            project_id: grant.project_id.clone().map(String::from),
            kind: grant.kind,
            expires_at: grant.expires_at.map(rfc3339),
            theme: grant.theme.clone(),
        })
    }
}
