//! The event type `destination.unhealthy`, which this service emits itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Entry, EventType, entry};
use crate::{DeliveryId, Kind, Severity::High};

/// The name of the type.
pub const DESTINATION_UNHEALTHY: &str = "destination.unhealthy";

pub(super) const ENTRIES: &[Entry] = &[entry::<Notice>(DESTINATION_UNHEALTHY, High, "A destination became unhealthy")];

/// The most paused rules that a notice names.
pub const MAX_NAMED_RULES: usize = 20;

/// A notice about an unhealthy destination: the `data` of the event `destination.unhealthy`, and the content of the
/// mail to the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Data", into = "Data")]
pub struct Notice {
    /// The object to verify or test; absent from the notices of some other producers.
    pub subject: Option<Subject>,
    /// The name that the operator gave it.
    pub name: Option<String>,
    /// The kind of the destination.
    pub kind: Kind,
    /// Its address, as far as that is no secret.
    pub destination: String,
    /// The delivery that made the destination unhealthy.
    pub delivery_id: Option<DeliveryId>,
    /// Why the destination is unhealthy.
    pub reason: String,
    /// The body of the last response, if there was one.
    pub last_answer: Option<String>,
    /// When the destination became unhealthy.
    pub since: Timestamp,
    /// The rules that it pauses, at most [`MAX_NAMED_RULES`].
    pub paused_rules: Vec<PausedRule>,
    /// How many more rules it pauses.
    pub more_paused: usize,
    /// The destination's page in the console, if the address of the console is known.
    pub console_url: Option<String>,
}

/// The object through which an operator manages a destination, with its id in the API that created it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A destination of the STACK API.
    Destination(String),
    /// A legacy channel of the STACK API.
    Channel(String),
    /// A webhook subscription of the Mail API.
    Webhook(String),
    /// A provider of the Providers API.
    Provider(String),
    /// A project's channel of the Config API.
    ProjectChannel(String),
    /// An endpoint of Stack Auth.
    Endpoint(String),
}

impl Subject {
    /// The id in the API that created the destination.
    pub fn id(&self) -> &str {
        match self {
            Self::Destination(id)
            | Self::Channel(id)
            | Self::Webhook(id)
            | Self::Provider(id)
            | Self::ProjectChannel(id)
            | Self::Endpoint(id) => id,
        }
    }
}

/// A rule that an unhealthy destination pauses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PausedRule {
    /// The rule's id.
    pub id: String,
    /// The event types that the rule sends.
    #[cfg_attr(feature = "openapi", schemars(with = "Vec<String>"))]
    pub events: Vec<EventType>,
}

/// A notice about an unhealthy destination: the `data` of the event `destination.unhealthy`, and the content of the
/// mail to the operator.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "openapi", schemars(rename = "Notice"))]
struct Data {
    /// The destination's id; absent if it was created through another API or belongs to a legacy channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destination_id: Option<String>,
    /// The legacy channel that owns the destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel_id: Option<String>,
    /// The Mail API's webhook subscription that owns the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    webhook_id: Option<String>,
    /// The Providers API's id, if the destination is a provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    /// The Config API's id, if the destination is a project's channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project_channel_id: Option<String>,
    /// The Stack Auth id, if the destination is an endpoint of Stack Auth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint_id: Option<String>,
    /// The name that the operator gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The kind of the destination.
    #[serde(rename = "channel_type")]
    kind: Kind,
    /// Its address, as far as that is no secret.
    destination: String,
    /// The delivery that made the destination unhealthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>"))]
    delivery_id: Option<DeliveryId>,
    /// Why the destination is unhealthy.
    reason: String,
    /// The body of the last response, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_answer: Option<String>,
    /// When the destination became unhealthy.
    #[serde(with = "crate::time::text")]
    #[cfg_attr(feature = "openapi", schemars(with = "super::DateTime"))]
    since: Timestamp,
    /// The rules that it pauses, at most [`MAX_NAMED_RULES`].
    paused_rules: Vec<PausedRule>,
    /// How many more rules it pauses.
    #[serde(default, skip_serializing_if = "is_zero")]
    more_paused: usize,
    /// The destination's page in the console. Absent if the address of the console is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    console_url: Option<String>,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl From<Data> for Notice {
    fn from(data: Data) -> Self {
        let ids = [
            data.channel_id.map(Subject::Channel),
            data.webhook_id.map(Subject::Webhook),
            data.provider_id.map(Subject::Provider),
            data.project_channel_id.map(Subject::ProjectChannel),
            data.endpoint_id.map(Subject::Endpoint),
            data.destination_id.map(Subject::Destination),
        ];
        Self {
            subject: ids.into_iter().flatten().next(),
            name: data.name,
            kind: data.kind,
            destination: data.destination,
            delivery_id: data.delivery_id,
            reason: data.reason,
            last_answer: data.last_answer,
            since: data.since,
            paused_rules: data.paused_rules,
            more_paused: data.more_paused,
            console_url: data.console_url,
        }
    }
}

impl From<Notice> for Data {
    fn from(notice: Notice) -> Self {
        let mut data = Self {
            destination_id: None,
            channel_id: None,
            webhook_id: None,
            provider_id: None,
            project_channel_id: None,
            endpoint_id: None,
            name: notice.name,
            kind: notice.kind,
            destination: notice.destination,
            delivery_id: notice.delivery_id,
            reason: notice.reason,
            last_answer: notice.last_answer,
            since: notice.since,
            paused_rules: notice.paused_rules,
            more_paused: notice.more_paused,
            console_url: notice.console_url,
        };
        match notice.subject {
            None => {}
            Some(Subject::Destination(id)) => data.destination_id = Some(id),
            Some(Subject::Channel(id)) => data.channel_id = Some(id),
            Some(Subject::Webhook(id)) => data.webhook_id = Some(id),
            Some(Subject::Provider(id)) => data.provider_id = Some(id),
            Some(Subject::ProjectChannel(id)) => data.project_channel_id = Some(id),
            Some(Subject::Endpoint(id)) => data.endpoint_id = Some(id),
        }
        data
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Notice {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Data::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Data::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn data(ids: &Value) -> Value {
        let mut data = json!({
            "channel_type": "webhook", "destination": "https://example.com", "reason": "gone",
            "since": "2026-04-15T10:05:00.000Z", "paused_rules": [],
        });
        data.as_object_mut().expect("an object").extend(ids.as_object().expect("an object").clone());
        data
    }

    #[test]
    fn a_notice_is_written_with_the_one_id_of_its_subject() {
        for (field, subject) in [
            ("destination_id", Subject::Destination("x".into())),
            ("channel_id", Subject::Channel("x".into())),
            ("webhook_id", Subject::Webhook("x".into())),
            ("provider_id", Subject::Provider("x".into())),
            ("project_channel_id", Subject::ProjectChannel("x".into())),
            ("endpoint_id", Subject::Endpoint("x".into())),
        ] {
            let written = data(&json!({field: "x"}));
            let notice: Notice = serde_json::from_value(written.clone()).expect("a notice");
            assert_eq!(notice.subject.as_ref(), Some(&subject));
            assert_eq!(serde_json::to_value(&notice).expect("JSON"), written);
        }
    }

    #[test]
    fn a_notice_of_another_producer_may_have_no_subject_or_several() {
        let none: Notice = serde_json::from_value(data(&json!({}))).expect("a notice");
        assert_eq!(none.subject, None);
        let two = data(&json!({"destination_id": "d", "channel_id": "c", "destination_name": "more"}));
        let two: Notice = serde_json::from_value(two).expect("a notice");
        assert_eq!(two.subject, Some(Subject::Channel("c".into())));
        let wrong = super::super::find(DESTINATION_UNHEALTHY)
            .expect("a type")
            .check(&data(&json!({"channel_id": 7})).to_string());
        assert_eq!(wrong.expect_err("a number").path, "channel_id");
    }
}
