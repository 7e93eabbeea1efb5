//! Lists the kinds of destinations, each with the form that creates one.

use api::{Reader, responses::stack::Errors};
use axum::Json;
use domain::ApiKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::forms;

/// All kinds of destinations.
#[derive(Serialize, ToSchema)]
pub(crate) struct DestinationKinds {
    /// The kinds, in the order in which a console offers them.
    kinds: Vec<DestinationKind>,
}

/// A kind of destination.
#[derive(Serialize, ToSchema)]
pub(crate) struct DestinationKind {
    /// The kind. `signed_webhook` is a webhook of the Providers API, with a secret and headers of its own, and
    /// `mail_webhook` a webhook subscription of the Mail API.
    #[schema(example = "slack")]
    pub(crate) kind: &'static str,
    /// The name for people.
    #[schema(example = "Slack")]
    pub(crate) title: &'static str,
    /// Whether it is a chat platform.
    pub(crate) platform: bool,
    /// A description in a few words.
    #[schema(example = "A channel of a workspace")]
    pub(crate) summary: &'static str,
    /// A note to read before a destination of this kind is created.
    pub(crate) note: Option<&'static str>,
    /// The API that creates it: `stack`, `providers`, `config` or `mail`.
    pub(crate) api: ApiKind,
    /// The hosts of the platform's webhooks. Subdomains belong to the platform, too. Self-hosted platforms have others.
    pub(crate) hosts: &'static [&'static str],
    /// The fields of the form.
    pub(crate) fields: Vec<FormField>,
}

/// A field of a form.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormField {
    /// The name in the request, with dots for nested objects. `X-Project-Id` is a header.
    #[schema(example = "config.webhookUrl")]
    pub(crate) name: &'static str,
    /// The label.
    #[schema(example = "Webhook URL")]
    pub(crate) label: &'static str,
    /// The type of the value.
    #[serde(rename = "type")]
    pub(crate) type_: FormFieldType,
    /// Whether a value is required.
    pub(crate) required: bool,
    /// An example of a value.
    pub(crate) placeholder: Option<&'static str>,
    /// An explanation of the field.
    pub(crate) hint: Option<&'static str>,
}

/// The type of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FormFieldType {
    /// A line of text.
    Text,
    /// A URL.
    Url,
    /// An email address.
    Email,
    /// A phone number.
    Tel,
    /// A secret.
    Password,
    /// Several values, one per line.
    Lines,
    /// A severity of the Config API.
    Threshold,
    /// A list of event types.
    #[serde(rename = "event_types")]
    EventTypes,
    /// The id of a project.
    Project,
}

/// Lists the kinds of destinations.
///
/// Each kind has the form that creates a destination, and names the API that does. The list is the same for all keys.
#[utoipa::path(
    get, path = "/v1/notifications/destination-kinds", tag = "Destinations", operation_id = "listDestinationKinds",
    responses((status = 200, body = DestinationKinds), Errors)
)]
pub(crate) async fn list(_: Reader) -> Json<DestinationKinds> {
    Json(all())
}

fn all() -> DestinationKinds {
    DestinationKinds { kinds: forms::all() }
}

#[cfg(test)]
mod tests {
    use domain::{Kind, Platform};
    use serde_json::{Value, json, to_value};

    use super::*;

    #[test]
    fn every_kind_has_a_form_and_no_field_is_there_twice() {
        let Value::Array(kinds) = to_value(all()).expect("JSON")["kinds"].take() else { panic!("a list") };
        for kind in Kind::ALL {
            assert!(kinds.iter().any(|form| form["kind"] == kind.as_str()), "{kind} has no form");
        }
        let platforms = kinds.iter().filter(|form| form["platform"] == true);
        let names = platforms.map(|form| form["kind"].clone()).collect::<Vec<_>>();
        assert_eq!(names, Platform::ALL.map(|platform| json!(platform.descriptor().name)));
        for form in &kinds {
            let fields = form["fields"].as_array().expect("a list");
            let named = |name: &Value| fields.iter().filter(|field| field["name"] == *name).count();
            assert!(!fields.is_empty() && fields.iter().all(|field| named(&field["name"]) == 1), "{form}");
        }
    }
}
