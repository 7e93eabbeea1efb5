//! Verifies a mail address or a phone number with a code, in two steps, and a webhook with a signed request.

use domain::{
    Attempt, Destination, Kind, MessageId,
    delivery::{Fault, Probe},
    destination::HeldBack,
    hidden::without_people,
    message::Ingest,
    sms,
    system_events::{self, Mail, MailKind, Otp, OtpCancellation, OtpFailure, SuppressionEnd},
    time::now,
    verification::{Code, CodeProblem, LIFETIME, LiveCode},
};
use jiff::Timestamp;
use outbound::{email::Envelope, mail};
use store::{IfExists, accounts::Operator};

use crate::{
    DestinationService,
    error::{Error, Result},
    messages::mailed,
    probe,
    sender::Attempted,
};

const NOUN: &str = "destination";

/// A code that was sent.
#[derive(Debug, Clone, Copy)]
pub struct CodeSent {
    /// When the code expires.
    pub expires_at: Timestamp,
}

impl DestinationService {
    /// Sends a code to a mail address or a phone number, within the limits.
    ///
    /// # Errors
    /// When the destination is a webhook or is verified and healthy, when its address cannot be reached, beyond a limit,
    /// and when the message cannot be sent now, which does not count against any limit.
    pub async fn send_code(&self, to: &Destination) -> Result<CodeSent> {
        if to.kind == Kind::Webhook {
            return Err(Error::NoCodeNeeded);
        }
        // An address may be suppressed because of a mail to another destination with the same address.
        if to.receives() && self.suppression(to).await?.is_none() {
            return Err(Error::AlreadyVerified);
        }
        let begun = now();
        let before = self.verifications.get(to.id).await?;
        let sent_before = before.as_ref().map(|before| before.sent.as_slice()).unwrap_or_default();
        let sent = self.limits.admit(sent_before, begun).map_err(Error::TooSoon)?;
        let operator = self.operator(to.operator_id).await?;
        let key = self.sender.vault.code_key(&operator.data_key, operator.id).await?;
        let code = Code::generate();
        let live = LiveCode::new(&code, &key, to, sent, begun);
        self.verifications.begin(to, &live, before.as_ref(), &self.limits, begun).await?.map_err(Error::TooSoon)?;
        let otp = Otp { to, live: &live };
        let replaced = before.iter().filter(|before| before.good_at(begun));
        let replaced = replaced.map(|live| Otp { to, live }.canceled(begun, OtpCancellation::Replaced));
        self.system_events.note(replaced.chain([otp.created(begun)])).await;

        let (attempt, mail) = self.carry(&code, to, &operator).await?;
        self.system_events.note(carried(&otp, &attempt, mail.as_ref())).await;
        metrics::counter!("codes", "kind" => to.kind.as_str(), "outcome" => outcome(attempt.succeeded())).increment(1);
        let Some(error) = attempt.error else {
            tracing::info!(operator_id = %to.operator_id, destination_id = %to.id, kind = %to.kind, "code sent");
            return Ok(CodeSent { expires_at: live.expires_at });
        };
        tracing::warn!(operator_id = %to.operator_id, destination_id = %to.id, error = &*without_people(&error), "a code was not sent");
        if attempt.fault == Fault::Address {
            return Err(Error::AddressRefused(error));
        }
        self.verifications.undo(to, &live, before.as_ref(), &self.limits, begun).await?;
        Err(Error::CodeNotSent(error))
    }

    /// Passes a code to the mail or text service. Returns the attempt, and the mail if it is one.
    async fn carry(&self, code: &Code, to: &Destination, operator: &Operator) -> Result<(Attempt, Option<Mail>)> {
        if to.kind == Kind::Sms {
            let text = sms::verification(code, LIFETIME.as_secs() / 60);
            return Ok((self.sender.texter.send(&to.destination, text, 1).await.attempt, None));
        }
        let mail = Mail::other(MessageId::generate(to.id), to, MailKind::Verification);
        let message = mail::verification(code, &to.destination, &operator.name).map_err(Error::internal)?;
        let attempt = self.sender.mailer.send(to, Envelope::of(mail.id()), message, 1).await.attempt;
        Ok((attempt, Some(mail)))
    }

    /// Verifies a destination, which makes it healthy and lifts a suppression of its address.
    ///
    /// # Errors
    /// When the code is missing or not accepted, or the endpoint did not answer with a 2xx.
    pub async fn verify(&self, to: &Destination, code: Option<Code>) -> Result<()> {
        if to.kind == Kind::Webhook {
            return self.verify_webhook(to).await;
        }
        let code = code.ok_or(Error::CodeRequired)?;
        let live = self.verifications.take_try(to.id, now()).await?.map_err(Error::Code)?;
        let key = self.sender.vault.code_key(&live.data_key, to.operator_id).await?;
        let otp = Otp { to, live: &live };
        if !live.is(&code, &key, to) {
            let last = (live.tries_left == 0).then(|| otp.failed(now(), OtpFailure::TooManyAttempts));
            self.system_events.note([otp.failed_attempt(now())].into_iter().chain(last)).await;
            return Err(Error::Code(CodeProblem::Wrong));
        }
        let lifted = self.suppression(to).await?;
        let accepted = self.verifications.accept(to, &live, &self.destinations, &self.suppressions, now()).await?;
        accepted.map_err(Error::Code)?;
        let lifted =
            lifted.map(|suppression| system_events::unsuppressed(&suppression, SuppressionEnd::Verification, now()));
        self.system_events.note([otp.verified(now())].into_iter().chain(lifted)).await;
        tracing::info!(operator_id = %to.operator_id, destination_id = %to.id, kind = %to.kind, "verified");
        Ok(())
    }

    /// Invalidates the code of a deleted destination.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn cancel_code(&self, of: &Destination) -> Result<()> {
        let Some(live) = self.verifications.remove(of.id).await? else { return Ok(()) };
        let canceled =
            live.good_at(now()).then(|| Otp { to: of, live: &live }.canceled(now(), OtpCancellation::Deleted));
        self.system_events.note(canceled).await;
        Ok(())
    }

    async fn verify_webhook(&self, to: &Destination) -> Result<()> {
        let event = probe::event(Probe::Verification, to);
        let envelope = Envelope::of(MessageId::generate(to.id));
        let held_back = &HeldBack::default();
        let answer = self.sender.send(Attempted { to, event: &event, envelope, held_back, number: 1 }).await;
        self.log_probe(Probe::Verification, to, &event, &answer.attempt).await;
        if let Some(error) = answer.attempt.error {
            return Err(Error::VerificationFailed(error));
        }
        if self.destinations.set_verified(to, now()).await? == IfExists::Missing {
            let changed = self.destinations.get(to.operator_id, to.id).await?.is_some();
            return Err(if changed { Error::ChangedMeanwhile(NOUN) } else { Error::NotFound(NOUN) });
        }
        Ok(())
    }
}

/// The events about a code that was passed to the mail or text service.
fn carried(otp: &Otp<'_>, attempt: &Attempt, mail: Option<&Mail>) -> Vec<serde_json::Result<Ingest>> {
    let mut events = mail.map(|mail| mailed(mail, attempt)).unwrap_or_default();
    if attempt.succeeded() {
        events.extend([otp.sent(now(), mail.map(Mail::id)), otp.expired()]);
    } else {
        events.push(otp.failed(now(), OtpFailure::NotSent));
    }
    events
}

fn outcome(succeeded: bool) -> &'static str {
    if succeeded { "sent" } else { "failed" }
}
