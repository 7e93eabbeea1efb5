//! A destination, as the STACK API shows it.

use domain::{
    Destination, Kind,
    credential::REDACTED,
    time::{now, rfc3339},
    traffic::Rate,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::HealthView;

/// A destination.
#[derive(Debug, Serialize, ToSchema)]
pub struct DestinationView {
    /// Its id, or the id of the legacy channel that it belongs to.
    #[schema(example = "ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    pub id: String,
    /// The id of its operator.
    #[schema(example = "op_01JRX2Q0Z8K5V3M7N9P4T6W8YA")]
    pub operator_id: String,
    /// The kind of address. For a destination of another API, its kind there.
    pub channel_type: Kind,
    /// The address, in its normal form; where that is a secret, its host. Of the query of a URL, a viewer sees only that
    /// there is one.
    #[schema(example = "https://example.com/hooks/stack")]
    pub destination: String,
    /// Whether rules may target it.
    pub verified: bool,
    /// A webhook's secret: in full when it is made or rotated, and `••••••••` elsewhere; null for other kinds.
    #[schema(example = "whsec_…")]
    pub webhook_secret: Option<String>,
    /// When it was registered.
    #[schema(example = "2026-04-15T10:00:00.000Z")]
    pub created_at: String,
    /// Whether notifications go out to it. Left out when it is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthView>,
    /// The most deliveries per second, as the operator has set it; null without a limit. Left out when it is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 10)]
    pub max_per_second: Option<Option<f64>>,
    /// The name; null without one. Left out when it is created without a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "On-call")]
    pub name: Option<Option<String>>,
    /// When the previous secret stops signing. Left out unless the secret was rotated and the previous one still signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-04-16T10:00:00.000Z")]
    pub previous_secret_expires_at: Option<String>,
    /// Whether nothing has been sent to it yet: no verification succeeded, and its log is empty. Only in answers about
    /// destinations, not in those about rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unused: Option<bool>,
}

impl DestinationView {
    /// Creates the response to a creation: exactly the published fields, and the full secret.
    pub fn created(destination: &Destination, secret: Option<&str>) -> Self {
        Self {
            id: destination.public_id(),
            operator_id: destination.operator_id.to_string(),
            channel_type: destination.kind,
            destination: destination.destination.clone(),
            verified: destination.verified(),
            webhook_secret: secret.map(str::to_owned),
            created_at: rfc3339(destination.created_at),
            health: None,
            max_per_second: None,
            name: destination.name.clone().map(Some),
            previous_secret_expires_at: None,
            unused: None,
        }
    }

    /// Creates the view for all other responses, with the health and without the secret. Only a `writer` sees the
    /// credentials in an address.
    pub fn of(destination: &Destination, writer: bool) -> Self {
        let secret = destination.signing.as_ref().map(|_| REDACTED);
        Self {
            destination: destination.shown_to(writer).into_owned(),
            health: Some(HealthView::of(destination)),
            max_per_second: Some(destination.max_per_second.map(Rate::a_second)),
            name: Some(destination.name.clone()),
            previous_secret_expires_at: destination.previous_secrets(now()).next().map(|secret| rfc3339(secret.until)),
            ..Self::created(destination, secret)
        }
    }

    /// Adds whether anything has been sent to the destination.
    pub fn with_use(self, unused: bool) -> Self {
        Self { unused: Some(unused), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{OperatorId, testing};
    use serde_json::{Value, json};

    fn webhook() -> Destination {
        Destination { max_per_second: Rate::per_second(10.0), ..testing::webhook(OperatorId::generate()) }
    }

    #[test]
    fn the_answer_to_a_creation_has_the_published_fields_only() {
        let created = serde_json::to_value(DestinationView::created(&webhook(), Some("whsec_x"))).expect("JSON");
        let mut names: Vec<_> = created.as_object().expect("an object").keys().collect();
        names.sort();
        let published =
            ["channel_type", "created_at", "destination", "id", "operator_id", "verified", "webhook_secret"];
        assert_eq!(names, published);
    }

    #[test]
    fn elsewhere_health_traffic_and_limit_are_shown() {
        let shown = |of: &Destination| serde_json::to_value(DestinationView::of(of, true)).expect("JSON");
        let limited = shown(&webhook());
        assert_eq!(limited["max_per_second"], 10.0);
        assert_eq!(limited["health"]["status"], "healthy");
        assert_eq!(limited["health"]["breaker"], json!({"state": "closed", "until": null}));
        assert_eq!(limited["health"]["pace"], json!({"rate": 10.0, "source": "operator"}));
        let unlimited = shown(&Destination { max_per_second: None, ..webhook() });
        assert_eq!(unlimited.get("max_per_second"), Some(&Value::Null));
        assert_eq!(unlimited["health"]["pace"], Value::Null);
    }
}
