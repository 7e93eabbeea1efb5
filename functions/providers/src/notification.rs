//! Reads the request to send a notification.

use api::{ApiError, error::Result};
use domain::{
    DestinationId, Event, EventId, EventType, OperatorId, Severity,
    event::MAX_DATA,
    fields::{Fields, line},
    notification::Field,
    severity::{STACK_NAMES, StackSeverity},
};
use serde_json::{Value, json};
use url::Url;
use utoipa::ToSchema;

use crate::input::wrong;

/// The maximum number of providers per request.
const MAX_PROVIDERS: usize = 20;
/// The maximum lengths of texts, in characters. Each platform shows as much of them as it can.
const MAX_TITLE: usize = 300;
const MAX_BODY: usize = 10_000;
const MAX_LABEL: usize = 256;
const MAX_VALUE: usize = 2000;
const MAX_URL: usize = 2048;
/// The maximum number of fields.
const MAX_FIELDS: usize = 50;

/// A notification and the providers to send it to.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "the API's text shows it; it is read field by field, so that all wrong ones are named")]
pub(crate) struct NotificationToSend {
    /// The ids of 1 to 20 providers.
    #[schema(value_type = Vec<ProviderId>, min_items = 1, max_items = 20)]
    provider_ids: Vec<String>,
    /// The notification to send.
    notification: NewNotification,
}

/// The id of a provider.
#[derive(ToSchema)]
#[schema(value_type = String, format = "uuid", example = "9b7a3b2c-2e6e-4f1f-8c5a-1b2c3d4e5f6a")]
#[expect(dead_code, reason = "as above")]
struct ProviderId(String);

/// The content of a notification.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
struct NewNotification {
    /// The title: 1 to 300 characters.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "Alert: acceptance rate drop"
    )]
    title: String,
    /// The message: up to 10,000 characters.
    #[schema(max_length = 10_000, example = "acceptance_rate < 0.05 (observed 0.04, baseline 0.08)")]
    body: String,
    /// The severity.
    #[schema(example = "warning")]
    severity: StackSeverity,
    /// Up to 50 facts or figures.
    #[schema(max_items = 50)]
    fields: Option<Vec<NewField>>,
    /// The URL of a page with more information.
    #[schema(format = "uri", example = "https://app.kaireonai.com/dashboards/operations")]
    source_url: Option<String>,
}

/// A fact or figure.
#[derive(ToSchema)]
#[expect(dead_code, reason = "as above")]
struct NewField {
    /// The name: 1 to 256 characters.
    #[schema(
        min_length = 1,
        max_length = 256,
        pattern = r"^\s*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*\s*$",
        example = "Observed"
    )]
    label: String,
    /// The value as people read it: up to 2,000 characters.
    #[schema(max_length = 2_000, example = "0.04")]
    value: String,
}

/// A valid notification, in the form of its event in the log.
pub(crate) struct ToSend {
    pub(crate) provider_ids: Vec<DestinationId>,
    pub(crate) event: Event,
}

impl ToSend {
    /// Reads a request.
    ///
    /// # Errors
    /// A 422 that names every invalid field.
    pub(crate) fn read(body: Value, operator_id: OperatorId, id: EventId) -> Result<Self> {
        let mut fields = Fields::of(body, "");
        let given: Option<Vec<String>> = fields.required("providerIds");
        let provider_ids = given.map(|given| provider_ids(&mut fields, &given)).unwrap_or_default();
        let notification: Option<Value> = fields.required("notification");
        let read = notification.and_then(|notification| {
            let mut inner = Fields::of(notification, "notification");
            let read = notification_of(&mut inner);
            if let Err(problems) = inner.finish() {
                fields.also(problems);
            }
            read
        });
        fields.finish().map_err(wrong)?;
        let (severity, data) = read.ok_or_else(|| ApiError::internal("a field was lost"))?;
        let event = Event {
            operator_id,
            id,
            event_type: EventType::notification(),
            severity,
            timestamp: id.made_at(),
            data: data.to_string().into(),
            resource: None,
            project_id: None,
        };
        Ok(Self { provider_ids, event })
    }
}

fn provider_ids(fields: &mut Fields, given: &[String]) -> Vec<DestinationId> {
    if !(1..=MAX_PROVIDERS).contains(&given.len()) {
        fields.wrong("providerIds", format!("has {} ids; send 1 to {MAX_PROVIDERS}", given.len()));
        return vec![];
    }
    let mut ids = vec![];
    for (i, text) in given.iter().enumerate() {
        let id = match DestinationId::of_uuid(text) {
            None => Err("is not the id of a provider; send its UUID"),
            Some(id) if ids.contains(&id) => Err("is there twice; send it once"),
            Some(id) => Ok(id),
        };
        ids.extend(fields.checked(&format!("providerIds[{i}]"), id));
    }
    ids
}

/// The severity of a notification, and the JSON of its content.
fn notification_of(fields: &mut Fields) -> Option<(Severity, Value)> {
    let title = fields.required::<String>("title").and_then(|text| fields.checked("title", line(&text, MAX_TITLE)));
    let body = fields.required::<String>("body").and_then(|text| fields.checked("body", within(text, MAX_BODY)));
    let severity = fields.required::<String>("severity").and_then(|name| {
        let known = Severity::from_stack_name(&name);
        fields.checked("severity", known.ok_or_else(|| format!("send one of {}", STACK_NAMES.join(", "))))
    });
    let facts: Vec<Field> = fields.optional("fields").unwrap_or_default();
    if facts.len() > MAX_FIELDS {
        fields.wrong("fields", format!("has {} fields; send at most {MAX_FIELDS}", facts.len()));
    }
    for (i, Field { label, value }) in facts.iter().enumerate() {
        fields.checked(&format!("fields[{i}].label"), line(label, MAX_LABEL));
        fields.checked(&format!("fields[{i}].value"), within(value.clone(), MAX_VALUE));
    }
    let link = fields.optional::<String>("sourceUrl").and_then(|text| fields.checked("sourceUrl", web_url(&text)));
    let mut data = json!({ "title": title?, "body": body?, "severity": severity?.stack_name() });
    if !facts.is_empty() {
        data["fields"] = json!(facts);
    }
    if let Some(link) = link {
        data["sourceUrl"] = json!(link);
    }
    let length = data.to_string().len();
    if length > MAX_DATA {
        fields.wrong("fields", format!("make the notification {length} bytes long; send at most {MAX_DATA}"));
    }
    Some((severity?, data))
}

fn within(text: String, max: usize) -> std::result::Result<String, String> {
    match text.chars().count() {
        length if length > max => Err(format!("has {length} characters; send at most {max}")),
        _ => Ok(text),
    }
}

fn web_url(text: &str) -> std::result::Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && text.len() <= MAX_URL);
    url.ok_or_else(|| format!("send an absolute http or https URL of at most {MAX_URL} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Notification;

    fn published() -> Value {
        json!({
            "title": "Alert: acceptance rate drop",
            "body": "acceptance_rate < 0.05 (observed 0.04, baseline 0.08)",
            "severity": "warning",
            "fields": [{"label": "Observed", "value": "0.04"}, {"label": "Threshold", "value": "0.05"}],
            "sourceUrl": "https://app.kaireonai.com/dashboards/operations",
        })
    }

    fn read(ids: Value, notification: Value) -> Result<ToSend> {
        ToSend::read(
            json!({"providerIds": ids, "notification": notification}),
            OperatorId::generate(),
            EventId::generate(),
        )
    }

    fn id() -> String {
        DestinationId::generate_uuid().uuid().to_string()
    }

    #[test]
    fn the_published_notification_goes_out_as_it_was_written() {
        let Ok(sent) = read(json!([id()]), published()) else { panic!("refused") };
        assert_eq!(serde_json::to_value(Notification::of(&sent.event)).expect("JSON"), published());
        assert!(
            domain::catalogue::find("notification.sent").is_some_and(|entry| entry.check(&sent.event.data).is_ok())
        );
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = |ids: Value, notification: Value| format!("{:?}", read(ids, notification).err());
        let twice = id();
        let many: Vec<_> = (0..21).map(|_| id()).collect();
        for (ids, named) in [
            (json!([]), "`providerIds`"),
            (json!(many), "`providerIds`"),
            (json!(["x"]), "`providerIds[0]`"),
            (json!([twice, twice]), "`providerIds[1]`"),
            (json!(7), "`providerIds`"),
        ] {
            assert!(wrong(ids, published()).contains(named), "{named}");
        }
        let notification = json!({"title": "", "severity": "loud", "fields": [{"label": "", "value": "x"}],
            "sourceUrl": "javascript:alert(1)", "colour": "red"});
        let several = wrong(json!([id()]), notification);
        for field in ["title", "body", "severity", "fields[0].label", "sourceUrl", "colour"] {
            assert!(several.contains(&format!("`notification.{field}`")), "{field}: {several}");
        }
        assert!(
            format!("{:?}", ToSend::read(json!({}), OperatorId::generate(), EventId::generate()).err())
                .contains("`notification`")
        );
    }
}
