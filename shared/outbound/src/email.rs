//! Sends mail through SES.

use std::sync::OnceLock;

use aws_config::{SdkConfig, retry::RetryConfig};
use aws_sdk_sesv2::{
    Client, Config,
    config::Builder,
    types::{Body, Content, Destination as Recipients, EmailContent, Message as SesMessage, MessageHeader, MessageTag},
};
use domain::{DeliveryId, Destination, EventType, MessageId, delivery::Fault, feedback::tag};

use crate::{
    answer::{Answer, Begun, Failure},
    carrier,
    mail::Message,
};

/// The display name of our address.
const FROM_NAME: &str = "STACK Notifications";

/// Identifies a mail.
#[derive(Debug, Clone, Copy)]
pub struct Envelope {
    /// The mail's ID.
    pub message_id: MessageId,
    /// The delivery that the mail belongs to. `None` for a code or a test.
    pub delivery_id: Option<DeliveryId>,
    /// Whether events about the mail are only logged.
    pub log_only: bool,
}

impl Envelope {
    /// Creates the envelope of a mail that does not belong to a delivery.
    pub fn of(message_id: MessageId) -> Self {
        Self { message_id, delivery_id: None, log_only: false }
    }
}

impl From<(DeliveryId, &EventType)> for Envelope {
    /// The envelope for a delivery of an event of this type.
    fn from((id, event_type): (DeliveryId, &EventType)) -> Self {
        Self { message_id: id.into(), delivery_id: Some(id), log_only: event_type.is_mail() }
    }
}

/// The sender and the recipients of a mail.
#[derive(Debug, Clone)]
pub struct People {
    /// The sender's address, which must be verified in SES. Our own address if `None`.
    pub from: Option<String>,
    /// The recipients, 1 to 50.
    pub to: Vec<String>,
    /// The address for replies, if it is not the sender.
    pub reply_to: Option<String>,
}

/// Sends mail through SES.
pub struct Mailer {
    config: Config,
    // Created with the first mail, because most invocations of most deployments only send webhooks.
    client: OnceLock<Client>,
    from: String,
    configuration_set: String,
}

/// The sender of our mails, as receivers see it.
pub fn sender(address: &str) -> String {
    format!("{FROM_NAME} <{address}>")
}

impl Mailer {
    /// Creates a mailer with the sender address `from`, which must be verified in SES. The configuration set publishes
    /// what happens to the mails.
    pub fn new(config: &SdkConfig, from: &str, configuration_set: String) -> Self {
        // The delivery schedule makes the retries. The SDK would send a mail twice after a timeout.
        let config = Builder::from(config).retry_config(RetryConfig::disabled()).build();
        Self { config, client: OnceLock::new(), from: sender(from), configuration_set }
    }

    /// The sender of our mails, as receivers see it.
    pub fn from(&self) -> &str {
        &self.from
    }

    /// Sends one mail as attempt number `number`. Failures are part of the answer.
    pub async fn send(&self, to: &Destination, envelope: Envelope, message: Message, number: u32) -> Answer {
        let people = People { from: None, to: vec![to.destination.clone()], reply_to: None };
        self.send_to(people, to, envelope, message, number).await
    }

    /// Sends one mail of the destination `of` to several people.
    pub async fn send_to(
        &self,
        people: People,
        of: &Destination,
        envelope: Envelope,
        message: Message,
        number: u32,
    ) -> Answer {
        let begun = Begun::now(number);
        let result = self.try_send(people, of, envelope, message).await;
        begun.ended(result.map(|id| (Some(200), Some(id))))
    }

    async fn try_send(
        &self,
        people: People,
        of: &Destination,
        envelope: Envelope,
        message: Message,
    ) -> Result<String, Failure> {
        let incomplete = |error: aws_sdk_sesv2::error::BuildError| Failure {
            status: None,
            error: error.to_string(),
            fault: Fault::Sender,
        };
        let content = |data: String| Content::builder().data(data).charset("UTF-8").build().map_err(incomplete);
        let body = Body::builder().html(content(message.html)?).text(content(message.text)?).build();
        let mut simple = SesMessage::builder().subject(content(message.subject)?).body(body);
        for (name, value) in headers(&envelope) {
            simple = simple.headers(MessageHeader::builder().name(name).value(value).build().map_err(incomplete)?);
        }
        let mut send = self
            .client
            .get_or_init(|| Client::from_conf(self.config.clone()))
            .send_email()
            .from_email_address(people.from.as_deref().unwrap_or(&self.from))
            .configuration_set_name(&self.configuration_set)
            .destination(Recipients::builder().set_to_addresses(Some(people.to)).build())
            .set_reply_to_addresses(people.reply_to.map(|address| vec![address]))
            .content(EmailContent::builder().simple(simple.build()).build());
        for (name, value) in tags(of, &envelope) {
            send = send.email_tags(MessageTag::builder().name(name).value(value).build().map_err(incomplete)?);
        }
        match send.send().await {
            Ok(sent) => Ok(sent.message_id.unwrap_or_default()),
            Err(error) => Err(carrier::failure("SES", &error, fault)),
        }
    }
}

/// Headers of an automated mail to one person about one subject, which must not be answered automatically (RFC 3834).
/// Leaves out the headers of mailing lists and newsletters.
fn headers(envelope: &Envelope) -> impl Iterator<Item = (&'static str, String)> {
    let always = [
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-Auto-Response-Suppress", "All".to_owned()),
        ("X-STACK-Message-Id", envelope.message_id.to_string()),
    ];
    always.into_iter().chain(envelope.delivery_id.map(|id| ("X-STACK-Delivery-Id", id.to_string())))
}

/// Tags that SES returns with every event about the mail.
fn tags(to: &Destination, envelope: &Envelope) -> impl Iterator<Item = (&'static str, String)> {
    let always = [(tag::OPERATOR, to.operator_id.to_string()), (tag::DESTINATION, to.id.to_string())];
    let which = match envelope.delivery_id {
        Some(id) => (tag::DELIVERY, id.to_string()),
        None => (tag::MESSAGE, envelope.message_id.to_string()),
    };
    let log_only = envelope.log_only.then(|| (tag::LOG_ONLY, "true".to_owned()));
    always.into_iter().chain([which]).chain(log_only)
}

/// Classifies the errors of SES that the reference of `SendEmail` lists.
fn fault(code: &str, message: &str) -> Fault {
    let about_the_address = || {
        let message = message.to_ascii_lowercase();
        ["address", "domain", "recipient"].iter().any(|word| message.contains(word))
    };
    match code {
        "BadRequestException" if about_the_address() => Fault::Address,
        // An unverified sender, or in the SES sandbox an unverified recipient; rejected content.
        "MessageRejected" | "BadRequestException" => Fault::Sender,
        "MailFromDomainNotVerifiedException" | "AccountSuspendedException" | "NotFoundException" => Fault::Sender,
        // Quotas, paused sending, a missing permission: temporary, or an administrator fixes them.
        _ => Fault::Carrier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_and_permanent_rejections_are_distinguished() {
        for (code, message, expected) in [
            ("LimitExceededException", "Daily message quota exceeded.", Fault::Carrier),
            ("SendingPausedException", "Email sending is paused.", Fault::Carrier),
            ("AccessDeniedException", "not authorized", Fault::Carrier),
            ("MessageRejected", "Email address is not verified.", Fault::Sender),
            ("MailFromDomainNotVerifiedException", "", Fault::Sender),
            ("AccountSuspendedException", "", Fault::Sender),
            ("NotFoundException", "Configuration set does not exist", Fault::Sender),
            ("BadRequestException", "Missing final '@domain'", Fault::Address),
            ("BadRequestException", "Illegal address", Fault::Address),
            ("BadRequestException", "Empty body", Fault::Sender),
        ] {
            assert_eq!(fault(code, message), expected, "{code}: {message}");
        }
    }

    #[test]
    fn a_mail_carries_its_delivery_and_nothing_of_a_newsletter() {
        let id = DeliveryId::new(domain::DestinationId::generate(), domain::EventId::generate());
        let event_type = "custom.a".try_into().expect("a type");
        let headers: Vec<_> = headers(&Envelope::from((id, &event_type))).collect();
        assert!(headers.contains(&("X-STACK-Delivery-Id", id.to_string())));
        assert!(headers.iter().all(|(name, _)| !name.starts_with("List-") && *name != "Precedence"));
    }
}
