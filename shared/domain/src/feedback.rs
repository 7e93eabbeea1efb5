//! Reports of the mail service about mails that it accepted: SES's event records, in the JSON that Amazon documents as
//! «Contents of event data that Amazon SES publishes to Amazon SNS».

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::{DeliveryId, DestinationId, MessageId, OperatorId, destination::SuppressionReason};

/// Names of the SES message tags that link a mail to its delivery. SES allows letters, digits, `_` and `-`.
pub mod tag {
    /// The operator that sent the mail.
    pub const OPERATOR: &str = "operator_id";
    /// The destination of the mail.
    pub const DESTINATION: &str = "destination_id";
    /// The delivery of the mail. Mails with a code and test mails have none.
    pub const DELIVERY: &str = "delivery_id";
    /// The mail's own id. The id of a delivery's mail follows from the delivery's id.
    pub const MESSAGE: &str = "message_id";
    /// Marks a mail whose events are only logged ([`crate::message::Ingest::log_only`]); absent otherwise.
    pub const LOG_ONLY: &str = "log_only";
}

/// A report on what happened to a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// SES's id of the mail.
    pub message_id: String,
    /// When the mail was sent.
    pub sent_at: Timestamp,
    /// The operator that sent the mail; `None` if the mail has none of our tags.
    pub operator_id: Option<OperatorId>,
    /// The destination of the mail.
    pub destination_id: Option<DestinationId>,
    /// The delivery of the mail.
    pub delivery_id: Option<DeliveryId>,
    /// The mail's own id.
    pub mail_id: Option<MessageId>,
    /// Whether events about the mail are only logged.
    pub log_only: bool,
    /// What happened.
    pub outcome: Outcome,
}

/// What happened to a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// SES accepted the mail and will try to deliver it.
    Sent,
    /// The receiving server accepted the mail.
    Delivered,
    /// The receiving server does not accept the mail at the moment. SES keeps trying.
    Delayed {
        /// The server's reason, if it gave one.
        detail: String,
        /// When the server deferred the mail.
        at: Timestamp,
    },
    /// The mail bounced.
    Bounced {
        /// Whether the address can never be reached. Otherwise SES has only given up on this mail.
        hard: bool,
        /// The addresses that bounced: a mail to a team has several.
        addresses: Vec<String>,
        /// The receiving server's reason.
        detail: String,
        /// When the mail bounced.
        at: Timestamp,
    },
    /// The reader reported the mail as spam.
    Complained {
        /// The addresses of the readers who complained. If the mail provider does not say which of its readers did, SES
        /// lists them all.
        addresses: Vec<String>,
        /// The type of complaint, in the mail provider's words.
        detail: String,
        /// When the complaint arrived.
        at: Timestamp,
    },
    /// SES accepted the mail and then refused to send it, for example because of a virus.
    Rejected {
        /// Why SES refused it.
        detail: String,
    },
    /// Nothing to act on: another type of event, or a reader who marked the mail as *not* spam.
    Other,
}

impl Outcome {
    /// The outcome's name in logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Delayed { .. } => "delayed",
            Self::Bounced { hard: true, .. } => "bounced",
            Self::Bounced { .. } => "undelivered",
            Self::Complained { .. } => "complained",
            Self::Rejected { .. } => "rejected",
            Self::Other => "other",
        }
    }

    /// The addresses to suppress, with the reason, the report's own words and the time; `None` if this outcome
    /// suppresses nothing.
    pub fn suppresses(&self) -> Option<(&[String], SuppressionReason, &str, Timestamp)> {
        match self {
            Self::Bounced { hard: true, addresses, detail, at } => {
                Some((addresses, SuppressionReason::Bounce, detail, *at))
            }
            Self::Complained { addresses, detail, at } => Some((addresses, SuppressionReason::Complaint, detail, *at)),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_type: String,
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
    delivery_delay: Option<Delay>,
    reject: Option<Reject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    timestamp: Timestamp,
    message_id: String,
    #[serde(default)]
    destination: Vec<String>,
    #[serde(default)]
    tags: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
    timestamp: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(default)]
    complained_recipients: Vec<Recipient>,
    timestamp: Timestamp,
    complaint_feedback_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delay {
    #[serde(default)]
    delay_type: String,
    timestamp: Option<Timestamp>,
    #[serde(default)]
    delayed_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Reject {
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
    diagnostic_code: Option<String>,
}

/// The text that SES publishes to check that it may publish to the topic. It is not a report.
const NOTICE: &str = "Successfully validated SNS topic for Amazon SES event publishing.";

/// Whether a message is SES's notice that it can publish to the topic, as plain text or in an SNS envelope.
pub fn is_notice(body: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Envelope {
        message: String,
    }
    let unwrapped = serde_json::from_str::<Envelope>(body).map(|envelope| envelope.message);
    unwrapped.as_deref().unwrap_or(body).trim() == NOTICE
}

impl Feedback {
    /// Parses an event record of SES.
    ///
    /// # Errors
    /// If the JSON is not an event record.
    pub fn parse(json: &str) -> serde_json::Result<Self> {
        let record: Record = serde_json::from_str(json)?;
        let outcome = outcome(&record);
        let Mail { timestamp, message_id, tags, .. } = record.mail;
        let tag = |name: &str| tags.get(name).and_then(|values| values.first());
        let delivery_id = tag(tag::DELIVERY).and_then(|text| text.parse().ok());
        Ok(Self {
            message_id,
            sent_at: timestamp,
            operator_id: tag(tag::OPERATOR).and_then(|text| text.parse().ok()),
            destination_id: tag(tag::DESTINATION).and_then(|text| text.parse().ok()),
            delivery_id,
            mail_id: match tag(tag::MESSAGE) {
                Some(text) => text.parse().ok(),
                None => delivery_id.map(MessageId::from),
            },
            log_only: tag(tag::LOG_ONLY).is_some(),
            outcome,
        })
    }
}

fn outcome(record: &Record) -> Outcome {
    let addresses = |recipients: &[Recipient]| {
        let named: Vec<_> = recipients.iter().map(|recipient| recipient.email_address.clone()).collect();
        match (&named[..], &record.mail.destination[..]) {
            // If the mail has only one recipient, that one fills in for the missing list.
            ([], [only]) => vec![only.clone()],
            _ => named,
        }
    };
    let said = |recipients: &[Recipient], otherwise: &str| {
        let diagnostic = recipients.first().and_then(|recipient| recipient.diagnostic_code.clone());
        diagnostic.unwrap_or_else(|| otherwise.to_owned())
    };
    match (&*record.event_type, &record.bounce, &record.complaint) {
        ("Send", ..) => Outcome::Sent,
        ("Delivery", ..) => Outcome::Delivered,
        ("DeliveryDelay", ..) => {
            let delay = record.delivery_delay.as_ref();
            Outcome::Delayed {
                detail: delay.map(|d| said(&d.delayed_recipients, &d.delay_type)).unwrap_or_default(),
                at: delay.and_then(|d| d.timestamp).unwrap_or(record.mail.timestamp),
            }
        }
        ("Bounce", Some(bounce), _) => {
            let kind = format!("{} bounce, {}", bounce.bounce_type, bounce.bounce_sub_type);
            Outcome::Bounced {
                hard: bounce.bounce_type == "Permanent",
                addresses: addresses(&bounce.bounced_recipients),
                detail: said(&bounce.bounced_recipients, &kind),
                at: bounce.timestamp,
            }
        }
        ("Complaint", _, Some(complaint)) => match complaint.complaint_feedback_type.as_deref() {
            Some("not-spam") => Outcome::Other,
            kind => Outcome::Complained {
                addresses: addresses(&complaint.complained_recipients),
                detail: kind.unwrap_or("complaint").to_owned(),
                at: complaint.timestamp,
            },
        },
        ("Reject", ..) => {
            Outcome::Rejected { detail: record.reject.as_ref().map(|r| r.reason.clone()).unwrap_or_default() }
        }
        _ => Outcome::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! recorded {
        ($name:literal) => {
            Feedback::parse(include_str!(concat!("../../../tests/recorded/ses_", $name, ".json"))).expect($name)
        };
    }

    #[test]
    fn the_notice_of_ses_is_no_report() {
        let enveloped = format!(r#"{{"Type": "Notification", "Message": "{NOTICE}\n"}}"#);
        assert!(is_notice(NOTICE) && is_notice(&format!("{NOTICE}\n")) && is_notice(&enveloped));
        assert!(!is_notice("") && !is_notice(r#"{"Message": "other"}"#) && !is_notice("{}"));
    }

    #[test]
    fn every_recorded_event_is_read() {
        let names = [
            recorded!("send"),
            recorded!("delivery"),
            recorded!("delay"),
            recorded!("soft_bounce"),
            recorded!("bounce"),
            recorded!("complaint"),
            recorded!("reject"),
            recorded!("not_spam"),
        ];
        let names = names.each_ref().map(|feedback| feedback.outcome.name());
        let expected = ["sent", "delivered", "delayed", "undelivered", "bounced", "complained", "rejected", "other"];
        assert_eq!(names, expected);
    }

    #[test]
    fn tags_say_what_the_mail_belongs_to() {
        let bounce = recorded!("bounce");
        assert_eq!(bounce.operator_id.map(|id| id.to_string()).as_deref(), Some("op_01JRX2Q0Z8K5V3M7N9P4T6W8YA"));
        assert_eq!(bounce.delivery_id.map(|id| id.destination), bounce.destination_id);
        assert!(bounce.message_id.starts_with("0100019631a2b3c4-"));
        let record = include_str!("../../../tests/recorded/ses_bounce.json").replace("_id\"", "_other\"");
        let foreign = Feedback::parse(&record).expect("a record");
        assert_eq!((foreign.operator_id, foreign.delivery_id), (None, None));
    }

    #[test]
    fn only_hard_bounces_and_complaints_suppress() {
        let suppresses = |feedback: Feedback| {
            feedback
                .outcome
                .suppresses()
                .map(|(addresses, reason, detail, _)| (addresses.to_vec(), reason, detail.to_owned()))
        };
        let of = |reason, detail: &str| Some((vec!["alerts@example.org".to_owned()], reason, detail.to_owned()));
        let unknown = of(SuppressionReason::Bounce, "smtp; 550 5.1.1 user unknown");
        assert_eq!(suppresses(recorded!("bounce")), unknown);
        assert_eq!(suppresses(recorded!("complaint")), of(SuppressionReason::Complaint, "abuse"));
        for harmless in [
            recorded!("send"),
            recorded!("delivery"),
            recorded!("delay"),
            recorded!("soft_bounce"),
            recorded!("reject"),
            recorded!("not_spam"),
        ] {
            assert_eq!(suppresses(harmless), None);
        }
    }

    #[test]
    fn of_a_mail_to_several_all_that_bounced_are_named() {
        let record = include_str!("../../../tests/recorded/ses_bounce.json");
        let mut record: serde_json::Value = serde_json::from_str(record).expect("JSON");
        let mut second = record["bounce"]["bouncedRecipients"][0].clone();
        second["emailAddress"] = "second@example.org".into();
        record["mail"]["destination"] =
            serde_json::json!(["alerts@example.org", "second@example.org", "third@example.org"]);
        record["bounce"]["bouncedRecipients"].as_array_mut().expect("a list").push(second);
        let named = |record: &serde_json::Value| {
            let feedback = Feedback::parse(&record.to_string()).expect("a record");
            feedback.outcome.suppresses().map(|(addresses, ..)| addresses.to_vec())
        };
        assert_eq!(named(&record), Some(vec!["alerts@example.org".to_owned(), "second@example.org".to_owned()]));
        record["bounce"]["bouncedRecipients"] = serde_json::json!([]);
        assert_eq!(named(&record), Some(vec![]), "it may be any of them");
    }

    #[test]
    fn what_is_no_event_record_is_refused() {
        for wrong in ["", "{}", "[]", r#"{"notificationType": "Bounce"}"#, r#"{"eventType": "Bounce", "mail": {}}"#] {
            assert!(Feedback::parse(wrong).is_err(), "{wrong}");
        }
    }
}
