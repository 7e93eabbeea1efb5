//! Reads and validates the requests that register, list and change destinations.

use api::{ApiError, MaxPerSecond, error::Result, subscription};
use domain::{ApiKind, ChannelType, Kind, traffic::Rate};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The value of `made_by` for all APIs.
pub(crate) const ANY: &str = "any";

/// The request to register a destination. `schema::NewDestination` is its schema.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDestination {
    pub(crate) channel_type: ChannelType,
    pub(crate) destination: String,
    pub(crate) max_per_second: Option<MaxPerSecond>,
}

/// The API that created destinations, as a query parameter.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "the API's text shows it; `DestinationQuery::made_by` reads it")]
enum MadeBy {
    /// Any API.
    Any,
    /// The STACK API.
    Stack,
    /// The Mail API.
    Mail,
    /// The Providers API.
    Providers,
    /// The Config API.
    Config,
    /// Stack Auth.
    StackAuth,
}

/// The filter and page of a list of destinations.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DestinationQuery {
    /// The API that created them: `stack` (default), `mail`, `providers`, `config`, `stack_auth`, or `any`.
    #[param(inline, value_type = Option<MadeBy>, example = "any")]
    pub(crate) made_by: Option<String>,
    /// The maximum number of destinations.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100, default = 50)]
    pub(crate) limit: Option<String>,
    /// The `next_cursor` of the previous page; empty for the first page.
    #[param(format = "cursor")]
    pub(crate) cursor: Option<String>,
}

impl DestinationQuery {
    /// The API to filter by; `None` means any.
    pub(crate) fn made_by(&self) -> Result<Option<ApiKind>> {
        let Some(name) = self.made_by.as_deref() else { return Ok(Some(ApiKind::Stack)) };
        if name == ANY {
            return Ok(None);
        }
        let names = ApiKind::ALL.map(ApiKind::as_str).join(", ");
        let problem = || ApiError::field("made_by", format!("{name:?} is not one of {ANY}, {names}"));
        ApiKind::from_name(name).map(Some).ok_or_else(problem)
    }
}

/// The changes of a destination; omitted fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DestinationChange {
    /// The maximum number of deliveries per second to a webhook, 0.001 to 1000; null removes the limit.
    #[serde(default, deserialize_with = "subscription::given")]
    #[schema(value_type = Option<f64>, minimum = 0.001, maximum = 1000, example = 10)]
    pub(crate) max_per_second: Option<Option<MaxPerSecond>>,
}

/// The rate limit for a destination of this kind, or a 400.
pub(crate) fn limited(limit: MaxPerSecond, kind: Kind) -> Result<Rate> {
    limit.of(kind).map_err(|problem| ApiError::field("max_per_second", problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::body::parse;

    fn read(body: &str) -> Result<Option<Option<Rate>>> {
        let change: DestinationChange = parse(body.as_bytes())?;
        Ok(change.max_per_second.map(|new| new.map(MaxPerSecond::rate)))
    }

    #[test]
    fn a_limit_is_set_removed_or_left_as_it_is() {
        assert!(matches!(read("{}"), Ok(None)));
        assert!(matches!(read(r#"{"max_per_second": null}"#), Ok(Some(None))));
        let set = read(r#"{"max_per_second": 0.25}"#).ok().flatten().flatten();
        assert_eq!(set.map(Rate::a_second), Some(0.25));
    }

    #[test]
    fn a_problem_names_the_field_and_the_range() {
        for sent in ["0", "1001", "-1", "\"fast\"", "{}"] {
            let problem = format!("{:?}", read(&format!(r#"{{"max_per_second": {sent}}}"#)).err());
            assert!(problem.contains("`max_per_second`: "), "{problem}");
            assert!(problem.contains("send a number from 0.001 to 1000."), "{problem}");
        }
        let unknown = format!("{:?}", read(r#"{"destination": "https://example.com"}"#).err());
        assert!(unknown.contains("unknown field `destination`"), "{unknown}");
    }
}
