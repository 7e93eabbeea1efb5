//! Sends an event to a destination of any kind: opens its secrets, writes the message, signs it and sends it.

use domain::{
    Connection, Destination, Event, Kind, Notification, Platform, connection::Endpoint, destination::HeldBack, payload,
    sms, time::now,
};
use outbound::{
    Answer, Mailer, SmsSettings, Texter, Webhooks,
    email::{Envelope, People},
    webhook::Request,
};
use store::{Aws, Result, Vault};

use crate::{
    error::SetupError,
    render::{self, id},
};

/// Sends to destinations of every kind.
pub struct Sender {
    pub(crate) vault: Vault,
    pub(crate) webhooks: Webhooks,
    pub(crate) mailer: Mailer,
    pub(crate) texter: Texter,
    /// The address of the console, for links in mails.
    console_url: Option<String>,
}

/// One attempt to send an event to a destination.
pub struct Attempted<'a> {
    /// The destination.
    pub to: &'a Destination,
    /// The event.
    pub event: &'a Event,
    /// Identifies the mail and its delivery.
    pub envelope: Envelope,
    /// The destination's mail addresses to leave out.
    pub held_back: &'a HeldBack,
    /// The number of the attempt, from 1.
    pub number: u32,
}

/// Why nothing could be sent, for the log. The operator only sees that the failure is ours.
type NotSent = String;

impl Sender {
    /// Creates a sender with the mail sender that the environment names.
    ///
    /// # Errors
    /// When the environment lacks a setting, or TLS cannot be set up.
    pub fn from_env(aws: &Aws) -> std::result::Result<Self, SetupError> {
        Ok(Self {
            vault: Vault::new(aws),
            webhooks: Webhooks::new(aws.target_policy()?)?,
            mailer: mailer(aws)?,
            texter: Texter::new(aws.config(), sms_settings(aws)),
            console_url: aws.optional_variable("CONSOLE_URL"),
        })
    }

    /// The sender of mails to addresses without a sender of their own.
    pub fn mail_from(&self) -> &str {
        self.mailer.from()
    }

    /// Makes the attempt. Any failure, including one on our side, is a failed attempt.
    pub async fn send(&self, attempted: Attempted<'_>) -> Answer {
        let (to, event, number) = (attempted.to, attempted.event, attempted.number);
        self.try_send(attempted).await.unwrap_or_else(|error| {
            tracing::error!(event_id = %event.id, destination_id = %to.id, error, "attempt failed before it was sent");
            Answer::not_sent(number, "could not be prepared: the fault is on our side")
        })
    }

    async fn try_send(&self, attempted: Attempted<'_>) -> std::result::Result<Answer, NotSent> {
        let connection = self.vault.connection(attempted.to).await.map_err(|e| e.to_string())?;
        let Some(connection) = connection else { return self.send_plain(attempted).await };
        match (&connection, attempted.to.kind.platform()) {
            (Connection::Chat { url }, Some(platform)) => {
                Ok(self.send_chat(platform, url.reveal(), &connection, &attempted).await)
            }
            (Connection::Webhook(endpoint), _) => self.send_to_endpoint(endpoint, &connection, &attempted).await,
            (Connection::Mail(mailing), _) => {
                let to = mailing.to.iter().filter(|address| !attempted.held_back.holds(address));
                let people = People {
                    from: mailing.from.clone(),
                    to: to.cloned().collect(),
                    reply_to: mailing.reply_to.clone(),
                };
                self.mail_to_team(people, &attempted).await
            }
            (Connection::Chat { .. }, None) => Err("a connection of another kind".to_owned()),
        }
    }

    /// Sends to a destination that needs only its address.
    async fn send_plain(&self, attempted: Attempted<'_>) -> std::result::Result<Answer, NotSent> {
        let Attempted { to, event, envelope, number, .. } = attempted;
        match to.kind {
            Kind::Sms => Ok(self.texter.send(&to.destination, sms::notification(event), number).await),
            Kind::Email => {
                let message = render::mail(to, event, envelope.delivery_id, self.console_url.as_deref())
                    .map_err(|e| e.to_string())?;
                Ok(self.mailer.send(to, envelope, message, number).await)
            }
            Kind::Webhook => {
                let secrets = self.vault.signing_secrets(to, now()).await.map_err(|e| e.to_string())?;
                let request = Request {
                    url: &to.destination,
                    api: to.api,
                    id: &id(envelope.delivery_id, event),
                    body: payload::of(to.api, event).map_err(|e| e.to_string())?,
                    secrets: &secrets,
                    headers: &[],
                    secrets_of: None,
                };
                Ok(self.webhooks.send(request, number).await)
            }
            kind => Err(format!("a destination of the kind {kind} without a connection")),
        }
    }

    async fn send_to_endpoint(
        &self,
        endpoint: &Endpoint,
        connection: &Connection,
        Attempted { to, event, envelope, number, .. }: &Attempted<'_>,
    ) -> std::result::Result<Answer, NotSent> {
        let authorization = endpoint.authorization.iter().map(|value| ("authorization", value.reveal()));
        let headers = endpoint.headers.iter().map(|(name, value)| (&**name, value.reveal()));
        let headers: Vec<_> = headers.chain(authorization).collect();
        let secrets: Vec<_> = endpoint.secret.iter().map(|secret| secret.into()).collect();
        let request = Request {
            url: endpoint.url.reveal(),
            api: to.api,
            id: &id(envelope.delivery_id, event),
            body: payload::of(to.api, event).map_err(|e| e.to_string())?,
            secrets: &secrets,
            headers: &headers,
            secrets_of: Some(connection),
        };
        Ok(self.webhooks.send(request, *number).await)
    }

    async fn send_chat(
        &self,
        platform: Platform,
        url: &str,
        connection: &Connection,
        Attempted { to, event, envelope, number, .. }: &Attempted<'_>,
    ) -> Answer {
        let (notification, footer) = (Notification::of(event), id(envelope.delivery_id, event));
        let card = render::card(&notification, to, event, &footer);
        self.webhooks.send_chat(platform, url, connection, &card, *number).await
    }

    async fn mail_to_team(
        &self,
        people: People,
        Attempted { to, event, envelope, number, .. }: &Attempted<'_>,
    ) -> std::result::Result<Answer, NotSent> {
        let message =
            render::mail(to, event, envelope.delivery_id, self.console_url.as_deref()).map_err(|e| e.to_string())?;
        Ok(self.mailer.send_to(people, to, *envelope, message, *number).await)
    }
}

/// The sender and price limit of text messages, from the template's parameters.
fn sms_settings(aws: &Aws) -> SmsSettings {
    SmsSettings {
        sender_id: aws.optional_variable("SMS_SENDER_ID"),
        origination_number: aws.optional_variable("SMS_ORIGINATION_NUMBER"),
        max_price: aws.optional_variable("SMS_MAX_PRICE"),
        region: aws.optional_variable("SMS_REGION"),
    }
}

/// The mailer with the sender and the configuration set that the environment names.
fn mailer(aws: &Aws) -> Result<Mailer> {
    Ok(Mailer::new(aws.config(), &aws.variable("MAIL_FROM")?, aws.variable("MAIL_CONFIGURATION_SET")?))
}
