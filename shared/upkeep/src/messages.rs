//! What goes to a mail address or a phone number about an event.

use domain::{
    Attempt, ChannelType, DeliveryId, Destination, Event, destination::Owner, health::Notice, journal::Mail,
    message::Ingest, sms,
};
use outbound::{
    Answer, Mailer, Texter,
    email::Envelope,
    mail::{self, Message},
};
use store::{Aws, Result, aws::variable};

/// The mailer with the sender and the configuration set that the environment names.
///
/// # Errors
/// When it lacks one.
pub fn mailer(aws: &Aws) -> Result<Mailer> {
    Ok(Mailer::new(aws.config(), &variable("MAIL_FROM")?, variable("MAIL_CONFIGURATION_SET")?))
}

/// Sends a mail address or a phone number what an event says, as attempt number `number`. None for a kind that is neither.
pub async fn notify(
    (mailer, texter): (&Mailer, &Texter),
    to: &Destination,
    event: &Event,
    envelope: Envelope,
    number: u32,
) -> Option<Answer> {
    match to.channel_type {
        ChannelType::Webhook => None,
        ChannelType::Sms => Some(texter.send(&to.destination, sms::notification(event), number).await),
        ChannelType::Email => Some(match message(to, event, envelope.delivery_id) {
            Ok(message) => mailer.send(to, envelope, message, number).await,
            Err(error) => {
                tracing::error!(event_id = %event.id, error, "a mail could not be written");
                Answer::not_sent(number, "the mail could not be written: the fault is on our side")
            }
        }),
    }
}

/// The life of a mail that is sent at once, in one attempt.
pub(crate) fn mailed(mail: &Mail, attempt: &Attempt) -> Vec<serde_json::Result<Ingest>> {
    let attempted = match mail.attempted(attempt, None) {
        Ok(events) => events.map(Ok).into(),
        Err(error) => vec![Err(error)],
    };
    std::iter::once(mail.queued(attempt.at)).chain(attempted).collect()
}

fn message(to: &Destination, event: &Event, delivery_id: Option<DeliveryId>) -> std::result::Result<Message, String> {
    let notice = || serde_json::from_str::<Notice>(&event.data).ok();
    let written = match to.belongs_to {
        Some(Owner::Service) if let Some(notice) = notice() => mail::unhealthy(event, &notice),
        _ => mail::notification(event, delivery_id),
    };
    written.map_err(|error| error.to_string())
}
