//! Reads and validates the requests that register, list and change destinations.

use api::{ApiError, MaxPerSecond, error::Result, subscription};
use domain::{Address, ApiKind, ChannelType, Destination, Kind, naming, traffic::Rate};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The value of `made_by` for all APIs.
pub(crate) const ANY: &str = "any";
/// The maximum length of a name, in characters.
const MAX_NAME: usize = 100;

/// The request to register a destination. `schema::NewDestination` is its schema.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDestination {
    pub(crate) channel_type: ChannelType,
    pub(crate) destination: String,
    pub(crate) name: Option<String>,
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
    /// A name of 1 to 100 characters; null removes it.
    #[serde(default, deserialize_with = "subscription::given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, format = "name", example = "On-call")]
    name: Option<Option<String>>,
    /// The new address, of the same kind: a URL, an email address or a phone number. Verify it afterwards.
    #[schema(format = "address", example = "https://example.com/hooks/stack-2")]
    destination: Option<String>,
    /// The maximum number of deliveries per second to a webhook, 0.001 to 1000; null removes the limit.
    #[serde(default, deserialize_with = "subscription::given")]
    #[schema(value_type = Option<f64>, minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<Option<MaxPerSecond>>,
}

/// The rate limit for a destination of this kind, or a 400.
pub(crate) fn limited(limit: MaxPerSecond, kind: Kind) -> Result<Rate> {
    limit.of(kind).map_err(|problem| ApiError::field("max_per_second", problem))
}

/// A valid name, or a 400.
pub(crate) fn named(name: &str) -> Result<String> {
    naming::name(name, MAX_NAME).map_err(|problem| ApiError::field("name", problem))
}

/// A valid change of a destination. `None` leaves a field unchanged.
pub(crate) struct Change {
    /// The inner `None` removes the name.
    pub(crate) name: Option<Option<String>>,
    pub(crate) address: Option<Address>,
    /// The inner `None` removes the limit.
    pub(crate) max_per_second: Option<Option<Rate>>,
}

impl DestinationChange {
    /// Reads a change of `of`. `read_address` reads an address of a kind.
    ///
    /// # Errors
    /// A 400 that names the field.
    pub(crate) fn read(
        &self,
        of: &Destination,
        read_address: impl Fn(ChannelType, &str) -> Result<Address>,
    ) -> Result<Change> {
        let address = match (&self.destination, channel_type(of.kind)) {
            (Some(text), Some(kind)) => Some(read_address(kind, text)?),
            (Some(_), None) => return Err(ApiError::field("destination", "cannot be changed for this kind")),
            (None, _) => None,
        };
        let max_per_second = self.max_per_second.map(|new| new.map(|limit| limited(limit, of.kind)).transpose());
        Ok(Change {
            name: self.name.as_ref().map(|name| name.as_deref().map(named).transpose()).transpose()?,
            address,
            max_per_second: max_per_second.transpose()?,
        })
    }
}

/// The kind of address of a destination of the STACK API.
fn channel_type(kind: Kind) -> Option<ChannelType> {
    match kind {
        Kind::Webhook => Some(ChannelType::Webhook),
        Kind::Email => Some(ChannelType::Email),
        Kind::Sms => Some(ChannelType::Sms),
        Kind::OpsEmail | Kind::Chat(_) => None,
    }
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
        let unknown = format!("{:?}", read(r#"{"channel_type": "email"}"#).err());
        assert!(unknown.contains("unknown field `channel_type`"), "{unknown}");
    }
}
