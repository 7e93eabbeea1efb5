//! Events in the life of a verification code.

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

/// A code whose events are emitted. The events never contain the code itself.
pub struct Otp<'a> {
    /// The destination to verify.
    pub to: &'a Destination,
    /// The code as stored.
    pub live: &'a LiveCode,
}

/// Why a code can no longer be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtpFailure {
    /// Wrong codes were typed too often.
    TooManyAttempts,
    /// The mail or text message service did not accept its message.
    NotSent,
}

/// Why a code was canceled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtpCancellation {
    /// Another code was sent.
    Replaced,
    /// Its destination was deleted.
    Deleted,
}

impl OtpFailure {
    fn as_str(self) -> &'static str {
        match self {
            Self::TooManyAttempts => "too_many_attempts",
            Self::NotSent => "not_sent",
        }
    }
}

impl OtpCancellation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Deleted => "deleted",
        }
    }
}

impl Otp<'_> {
    /// The code was created.
    ///
    /// # Errors
    /// As [`own`], here and below.
    pub fn created(&self, at: Timestamp) -> serde_json::Result<Ingest> {
        self.emit(name::OTP_CREATED, at, None, None)
    }

    /// The mail or text message service accepted the code's message.
    pub fn sent(&self, at: Timestamp, message_id: Option<MessageId>) -> serde_json::Result<Ingest> {
        self.emit(name::OTP_SENT, at, message_id, None)
    }

    /// The code was typed correctly, and its destination is verified.
    pub fn verified(&self, at: Timestamp) -> serde_json::Result<Ingest> {
        self.emit(name::OTP_VERIFIED, at, None, None)
    }

    /// A wrong code was typed.
    pub fn failed_attempt(&self, at: Timestamp) -> serde_json::Result<Ingest> {
        self.emit(name::OTP_FAILED_ATTEMPT, at, None, None)
    }

    /// The code can no longer be used.
    pub fn failed(&self, at: Timestamp, why: OtpFailure) -> serde_json::Result<Ingest> {
        self.emit(name::OTP_FAILED, at, None, Some(why.as_str()))
    }

    /// The code was canceled before its end.
    pub fn canceled(&self, at: Timestamp, why: OtpCancellation) -> serde_json::Result<Ingest> {
        self.emit(name::OTP_CANCELED, at, None, Some(why.as_str()))
    }

    /// The code expired without being used. The event is queued in advance, and only happens if the code is unused by
    /// then.
    pub fn expired(&self) -> serde_json::Result<Ingest> {
        let LiveCode { otp_id, expires_at, .. } = *self.live;
        let live = LiveOtp { destination_id: self.to.id, otp_id, expires_at };
        let event = self.emit(name::OTP_EXPIRED, expires_at, None, None)?;
        Ok(Ingest { if_unused: Some(live), ..event })
    }

    fn emit(
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
        // The remaining tries distinguish guesses within the same millisecond.
        let left = self.live.tries_left.to_string();
        own(self.to.operator_id, name, at, &[&id, &left], Some(("otp", id.clone())), &data)
    }
}
