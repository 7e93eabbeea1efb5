//! Writes an event in a destination's own format, to send it or to show it.

use domain::{DeliveryId, Destination, Event, Kind, Notification, destination::Owner, health::Notice, payload, sms};
use outbound::{
    chat::{self, Card},
    mail::{self, Message},
};

use crate::routes;

/// Why an event cannot be written. Does not happen for an accepted event.
type NotWritten = Box<dyn std::error::Error + Send + Sync>;

/// What a destination receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The body of a request to a webhook or a chat platform.
    Request(String),
    /// A text message.
    Sms(String),
    /// A mail.
    Mail(Message),
}

impl Content {
    /// The content as one text: the body of a request, a text message, or the subject of a mail.
    pub fn into_text(self) -> String {
        match self {
            Self::Request(text) | Self::Sms(text) => text,
            Self::Mail(mail) => mail.subject,
        }
    }
}

/// Returns what `to` receives for `event`.
///
/// # Errors
/// Does not fail for an accepted event.
pub fn content(to: &Destination, event: &Event, delivery_id: Option<DeliveryId>) -> Result<Content, NotWritten> {
    if let Some(platform) = to.kind.platform() {
        let (notification, footer) = (Notification::of(event), id(delivery_id, event));
        return Ok(Content::Request(chat::body(platform, &card(&notification, to, event, &footer)).to_string()));
    }
    Ok(match to.kind {
        Kind::Webhook => Content::Request(String::from_utf8(payload::of(to.api, event)?)?),
        Kind::Sms => Content::Sms(sms::notification(event)),
        _ => Content::Mail(mail(to, event, delivery_id, None)?),
    })
}

/// Returns what `to` receives for `event`, as [`Content::into_text`].
///
/// # Errors
/// As [`content`].
pub fn text(to: &Destination, event: &Event, delivery_id: Option<DeliveryId>) -> Result<String, NotWritten> {
    Ok(content(to, event, delivery_id)?.into_text())
}

/// The content of a message to a chat platform.
pub(crate) fn card<'a>(notification: &'a Notification, to: &Destination, event: &Event, footer: &'a str) -> Card<'a> {
    Card { notification, severity: event.severity.name(to.api), at: event.timestamp, footer }
}

/// The mail about an event, to one address or to a team. `console` is the address of the console, for links.
pub(crate) fn mail(
    to: &Destination,
    event: &Event,
    delivery_id: Option<DeliveryId>,
    console: Option<&str>,
) -> Result<Message, NotWritten> {
    if to.kind == Kind::OpsEmail {
        let address = to.shown();
        let name = to.name.as_deref().unwrap_or(&address);
        return Ok(mail::team(event, to.api, name, delivery_id)?);
    }
    let notice = || serde_json::from_str::<Notice>(&event.data).ok();
    Ok(match to.belongs_to {
        Some(Owner::Service) if let Some(notice) = notice() => {
            let notice = notice.linked(console);
            mail::unhealthy(event, &notice, |step| routes::call(&notice, step))?
        }
        _ => mail::notification(event, delivery_id)?,
    })
}

/// The ID that a receiver sees, the same for all attempts. A test uses the ID of its event.
pub(crate) fn id(delivery_id: Option<DeliveryId>, event: &Event) -> String {
    delivery_id.map_or_else(|| event.id.to_string(), |id| id.to_string())
}
