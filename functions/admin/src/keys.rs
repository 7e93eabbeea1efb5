//! API keys of an operator's team.

use domain::{
    ApiKey, KeyId, OperatorId, ProjectId,
    api_key::Bearer,
    key_details,
    time::{now, rfc3339},
};
use lambda_runtime::Error;
use serde_json::{Value, json};
use store::{
    IfExists,
    accounts::{Grant, ListedKey},
};

use crate::{
    App,
    command::{Key, KeysOf, NewKey, invalid},
};

impl App {
    /// Creates a key for a member of the operator's team. The key is only shown in this response.
    pub(crate) async fn create_key(&self, new: NewKey) -> Result<Value, Error> {
        let operator = self.operator(&new.operator_id).await?;
        let operator_id = operator.id;
        key_details::permissions(&new.permissions).map_err(|problem| invalid("permissions", problem))?;
        let name = new.name.as_deref().map(key_details::name).transpose();
        let name = name.map_err(|problem| invalid("name", problem))?;
        if new.expires_at.is_some_and(|at| at <= now()) {
            return Err(invalid("expires_at", "is in the past; send a later time"));
        }
        let project_id = new.project_id.as_deref().map(ProjectId::parse).transpose();
        let project_id = project_id.map_err(|problem| invalid("project_id", problem))?;
        let api_key = ApiKey::generate(Bearer::TeamMember);
        let grant = Grant {
            permissions: new.permissions,
            project_id,
            name,
            expires_at: new.expires_at,
            ..Grant::new(&operator, new.role)
        };
        self.accounts.create_key(&api_key, &grant).await?;
        tracing::info!(%operator_id, key_id = %grant.key_id, role = %grant.role, "key created");
        Ok(json!({ "key_id": grant.key_id, "api_key": api_key.reveal() }))
    }

    /// Revokes a key. It stops working within a minute, when the last function has dropped it from its cache.
    pub(crate) async fn revoke_key(&self, Key { key_id }: Key) -> Result<Value, Error> {
        let id: KeyId = key_id.parse().map_err(|problem| invalid("key_id", problem))?;
        if self.accounts.revoke(id, now()).await? == IfExists::Missing {
            return Err(invalid("key_id", "no key has this id; see list_keys"));
        }
        tracing::info!(%key_id, "key revoked");
        Ok(json!({ "key_id": key_id, "revoked": true }))
    }

    /// Lists an operator's keys, including revoked ones, without the keys themselves.
    pub(crate) async fn list_keys(&self, of: KeysOf) -> Result<Value, Error> {
        let operator_id = self.known(&of.operator_id).await?;
        let keys: Vec<_> = self.accounts.keys(operator_id).await?.iter().map(view).collect();
        Ok(json!({ "keys": keys }))
    }

    async fn known(&self, operator_id: &str) -> Result<OperatorId, Error> {
        Ok(self.operator(operator_id).await?.id)
    }
}

fn view(key: &ListedKey) -> Value {
    json!({
        "key_id": key.grant.key_id,
        "name": key.grant.name,
        "kind": key.grant.kind,
        "role": key.grant.role,
        "permissions": key.grant.permissions,
        "project_id": key.grant.project_id,
        "created_at": rfc3339(key.grant.created_at),
        "expires_at": key.grant.expires_at.map(rfc3339),
        "revoked_at": key.revoked_at.map(rfc3339),
    })
}
