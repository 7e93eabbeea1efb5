//! The commands of `admin`: one per invocation, for example `{"create_operator": {"email": …, "name": …}}`.

use std::num::NonZeroUsize;

use domain::Role;
use jiff::Timestamp;
use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    CreateOperator(NewOperator),
    CreateKey(NewKey),
    RevokeKey(Key),
    ListKeys(KeysOf),
    SetPlan(NewPlan),
    SetShards(NewShards),
    SetLimit(NewLimit),
    RotateDataKey(DataKeyOf),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOperator {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) plan: Option<String>,
    pub(crate) shards: Option<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    pub(crate) operator_id: String,
    pub(crate) role: Role,
    #[serde(default)]
    pub(crate) permissions: Vec<String>,
    pub(crate) project_id: Option<String>,
    pub(crate) name: Option<String>,
    /// When the key stops working. Without it, never.
    #[serde(default, with = "domain::time::text::option")]
    pub(crate) expires_at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) key_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysOf {
    pub(crate) operator_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPlan {
    pub(crate) operator_id: String,
    pub(crate) plan: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShards {
    pub(crate) operator_id: String,
    pub(crate) shards: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLimit {
    /// The operator that the limit applies to. To set the limit of a plan, use `plan` instead.
    pub(crate) operator_id: Option<String>,
    pub(crate) plan: Option<String>,
    /// 0 for no limit, null for the default. The field is required, so that a typo cannot remove a limit.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) requests_per_second: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DataKeyOf {
    pub(crate) operator_id: String,
    /// The maximum number of destinations to encrypt again in this invocation. Without it, as many as there is time
    /// for.
    pub(crate) at_most: Option<NonZeroUsize>,
}

impl Command {
    pub(crate) fn parse(payload: Value) -> Result<Self, Error> {
        serde_json::from_value(payload).map_err(|error| {
            let usage = "send one of create_operator, create_key, revoke_key, list_keys, set_plan, set_limit, \
                         set_shards, rotate_data_key with its fields, such as \
                         {\"create_operator\": {\"email\": \"you@example.com\", \"name\": \"Example\"}}";
            format!("{error}; {usage}").into()
        })
    }
}

/// The error for an invalid field.
pub(crate) fn invalid(field: &str, problem: impl std::fmt::Display) -> Error {
    format!("`{field}`: {problem}").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_invalid_command_is_answered_with_the_valid_ones() {
        for wrong in [json!({}), json!({"drop_tables": {}}), json!({"revoke_key": {"id": "x"}}), json!(7)] {
            let error = Command::parse(wrong).expect_err("refused").to_string();
            assert!(error.contains("create_operator"), "{error}");
        }
        let key = json!({"create_key": {"operator_id": "op_1", "role": "owner"}});
        assert!(Command::parse(key).expect_err("refused").to_string().contains("viewer"));
        let limit = json!({"set_limit": {"operator_id": "op_1"}});
        assert!(Command::parse(limit).expect_err("refused").to_string().contains("requests_per_second"));
        let none = json!({"rotate_data_key": {"operator_id": "op_1", "at_most": 0}});
        assert!(Command::parse(none).expect_err("refused").to_string().contains("nonzero"));
    }
}
