//! The life of a verification code.

use jiff::Timestamp;

use super::own;
use crate::{
    Destination, MessageId,
    catalogue::{
        Name,
        mail::{self, name},
    },
    message::{Ingest, LiveOtp},
    verification::LiveCode,
};

/// A code, of which events tell: never what it is.
pub struct Otp<'a> {
    /// What it is to verify.
    pub to: &'a Destination,
    /// The code as it is kept.
    pub live: &'a LiveCode,
}

impl Otp<'_> {
    /// It was made.
    ///
    /// # Errors
    /// As [`own`], here and below.
    pub fn created(&self, at: Timestamp) -> serde_json::Result<Ingest> {
        self.tell(name::OTP_CREATED, at, None, None)
    }

    /// The mail or text service took it.
    pub fn sent(&self, at: Timestamp, message_id: Option<MessageId>) -> serde_json::Result<Ingest> {
        self.tell(name::OTP_SENT, at, message_id, None)
    }

    /// It was given, and its destination is verified.
    pub fn verified(&self, at: Timestamp) -> serde_json::Result<Ingest> {
        self.tell(name::OTP_VERIFIED, at, None, None)
    }

    /// Another code was given in its place.
    pub fn failed_attempt(&self, at: Timestamp) -> serde_json::Result<Ingest> {
        self.tell(name::OTP_FAILED_ATTEMPT, at, None, None)
    }

    /// It can verify nothing any more: `too_many_attempts`, `not_sent`.
    pub fn failed(&self, at: Timestamp, reason: &str) -> serde_json::Result<Ingest> {
        self.tell(name::OTP_FAILED, at, None, Some(reason))
    }

    /// It was replaced by another, or its destination was deleted.
    pub fn canceled(&self, at: Timestamp, reason: &str) -> serde_json::Result<Ingest> {
        self.tell(name::OTP_CANCELED, at, None, Some(reason))
    }

    /// It was not used while it was good: to be said when that has passed, if it is so then.
    pub fn expired(&self) -> serde_json::Result<Ingest> {
        let LiveCode { otp_id, expires_at, .. } = *self.live;
        let live = LiveOtp { destination_id: self.to.id, otp_id, expires_at };
        let event = self.tell(name::OTP_EXPIRED, expires_at, None, None)?;
        Ok(Ingest { if_unused: Some(live), ..event })
    }

    fn tell(
        &self,
        name: &str,
        at: Timestamp,
        message_id: Option<MessageId>,
        reason: Option<&str>,
    ) -> serde_json::Result<Ingest> {
        let id = self.live.otp_id.to_string();
        let data = mail::Otp {
            otp_id: Name::of(&id),
            channel: Some(self.to.kind.to_string()),
            to: Some(self.to.destination.clone()),
            destination_id: Some(self.to.public_id()),
            message_id: message_id.map(|id| id.to_string()),
            expires_at: Some(self.live.expires_at),
            reason: reason.map(str::to_owned),
        };
        // Of guesses within one millisecond each is told, by the tries that it left.
        let left = self.live.tries_left.to_string();
        own(self.to.operator_id, name, at, &[&id, &left], Some(("otp", id.clone())), &data)
    }
}
