//! The JSON of a message as its destination receives it.

use domain::{Destination, Kind, sms};
use serde::Serialize;
use service::render::Content;
use utoipa::ToSchema;

/// A message as its destination receives it. Only the field for the destination's kind is set.
#[derive(Serialize, ToSchema)]
pub struct MessageView {
    /// The body of the request to a webhook or a chat platform, byte for byte.
    body: Option<String>,
    /// The email.
    mail: Option<MailView>,
    /// The text message.
    sms: Option<SmsView>,
}

/// An email. Both parts have the same content; a mail program shows one of them.
#[derive(Serialize, ToSchema)]
pub struct MailView {
    /// The sender. Null for the mail of a team, whose sender is set in its destination.
    #[schema(example = "STACK Notifications <notifications@example.com>")]
    from: Option<String>,
    /// The subject.
    #[schema(example = "[WARNING] passport.flagged")]
    subject: String,
    /// The plain-text part.
    text: String,
    /// The HTML part. It loads nothing and has no scripts; text of the event is escaped.
    html: String,
}

/// A text message.
#[derive(Serialize, ToSchema)]
pub struct SmsView {
    /// The text, in the GSM 7-bit alphabet.
    #[schema(example = "WARNING passport.flagged: Agent accessed slack")]
    text: String,
    /// The length in septets. Some characters take two.
    #[schema(example = 46)]
    septets: usize,
    /// The number of segments, which carriers charge for. Always 1: longer texts are cut.
    #[schema(example = 1)]
    segments: usize,
}

impl MessageView {
    /// The view of a message to `to`. `from` is the sender of mails to addresses without a sender of their own.
    pub fn of(content: &Content, to: &Destination, from: &str) -> Self {
        let mut view = Self { body: None, mail: None, sms: None };
        match content {
            Content::Request(body) => view.body = Some(body.clone()),
            Content::Sms(text) => {
                let septets = sms::length(text);
                let segments = septets.div_ceil(sms::SEGMENT).max(1);
                view.sms = Some(SmsView { text: text.clone(), septets, segments });
            }
            Content::Mail(mail) => {
                let from = (to.kind == Kind::Email).then(|| from.to_owned());
                let (subject, text, html) = (mail.subject.clone(), mail.text.clone(), mail.html.clone());
                view.mail = Some(MailView { from, subject, text, html });
            }
        }
        view
    }
}
