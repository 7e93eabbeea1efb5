//! Verifies a mail address or a phone number with a code, in two steps, and a webhook with a signed request.

use std::time::Duration;

use api::{ApiError, error::Result};
use domain::{
    Attempt, Destination, Kind, MessageId,
    delivery::Fault,
    destination::HeldBack,
    hidden::without_people,
    message::Ingest,
    sms,
    system_events::{self, Mail, Otp},
    time::{now, rfc3339},
    verification::{Code, CodeProblem, LIFETIME, LiveCode, TooSoon},
};
use outbound::{email::Envelope, mail};
use serde::{Deserialize, Serialize};
use store::accounts::Operator;
use utoipa::ToSchema;

use crate::{
    DestinationService,
    messages::mailed,
    probe::{self, predicate},
    sender::Attempted,
};

/// Confirmation that a code was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeSent {
    /// Always true.
    sent: bool,
    /// Until when the code is good.
    #[schema(example = "2026-04-15T10:10:00.000Z")]
    expires_at: String,
}

/// The code that was sent to an email or SMS destination.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeGiven {
    /// Six digits; a webhook needs none.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{6}$", example = "123456")]
    pub code: Option<String>,
}

/// Confirmation that a destination is verified.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verified {
    /// Always true.
    verified: bool,
}

impl Verified {
    const YES: Self = Self { verified: true };
}

impl DestinationService {
    /// Sends a code to a mail address or a phone number, within the limits.
    ///
    /// # Errors
    /// A 400 for a webhook, for a destination that is verified and healthy, and for an address that cannot be reached.
    /// A 429 beyond a limit. A 503 if the message cannot be sent now, which does not count against any limit.
    pub async fn send_code(&self, to: &Destination) -> Result<CodeSent> {
        if to.kind == Kind::Webhook {
            let sentence = "A webhook needs no code; verify it with POST …/verify, which sends it a signed request.";
            return Err(ApiError::bad_request("no_code_needed", sentence));
        }
        // An address may be suppressed because of a mail to another destination with the same address.
        if to.receives() && self.suppression(to).await?.is_none() {
            let sentence = "This destination is verified and healthy already; there is nothing to verify.";
            return Err(ApiError::bad_request("already_verified", sentence));
        }
        let begun = now();
        let before = self.verifications.get(to.id).await?;
        let sent_before = before.as_ref().map(|before| before.sent.as_slice()).unwrap_or_default();
        let sent = self.limits.admit(sent_before, begun).map_err(too_soon)?;
        let operator = self.operator(to.operator_id).await?;
        let key = self.sender.vault.code_key(&operator.data_key, operator.id).await?;
        let code = Code::generate();
        let live = LiveCode::new(&code, &key, to, sent, begun);
        self.verifications.begin(to, &live, before.as_ref(), &self.limits, begun).await?.map_err(too_soon)?;
        let otp = Otp { to, live: &live };
        let replaced = before.iter().filter(|before| before.good_at(begun));
        let replaced = replaced.map(|live| Otp { to, live }.canceled(begun, "replaced"));
        self.system_events.note(replaced.chain([otp.created(begun)])).await;

        let (attempt, mail) = self.carry(&code, to, &operator).await?;
        self.system_events.note(carried(&otp, &attempt, mail.as_ref())).await;
        metrics::counter!("codes", "kind" => to.kind.as_str(), "outcome" => outcome(attempt.succeeded())).increment(1);
        let Some(error) = attempt.error else {
            tracing::info!(operator_id = %to.operator_id, destination_id = %to.id, kind = %to.kind, "code sent");
            return Ok(CodeSent { sent: true, expires_at: rfc3339(live.expires_at) });
        };
        tracing::warn!(operator_id = %to.operator_id, destination_id = %to.id, error = &*without_people(&error), "a code was not sent");
        if attempt.fault == Fault::Address {
            let sentence = format!("No code can be sent to this address: {error}.");
            return Err(ApiError::bad_request("address_refused", sentence));
        }
        self.verifications.undo(to, &live, before.as_ref(), &self.limits, begun).await?;
        Err(ApiError::unavailable(format!("The code could not be sent: {error}. Send the same request again later.")))
    }

    /// Passes a code to the mail or text service. Returns the attempt, and the mail if it is one.
    async fn carry(&self, code: &Code, to: &Destination, operator: &Operator) -> Result<(Attempt, Option<Mail>)> {
        if to.kind == Kind::Sms {
            let text = sms::verification(code, LIFETIME.as_secs() / 60);
            return Ok((self.sender.texter.send(&to.destination, text, 1).await.attempt, None));
        }
        let mail = Mail::other(MessageId::generate(to.id), to, "verification");
        let message = mail::verification(code, &to.destination, &operator.name).map_err(ApiError::internal)?;
        let attempt = self.sender.mailer.send(to, Envelope::of(mail.id()), message, 1).await.attempt;
        Ok((attempt, Some(mail)))
    }

    /// Verifies a destination, which makes it healthy and lifts a suppression of its address.
    ///
    /// # Errors
    /// A 400 that says what is wrong with the code, or that the endpoint did not answer with a 2xx.
    pub async fn verify(&self, to: &Destination, given: CodeGiven) -> Result<Verified> {
        let code = given.code.as_deref().map(str::parse::<Code>).transpose();
        let code = code.map_err(|problem| ApiError::field("code", problem))?;
        if to.kind == Kind::Webhook {
            return self.verify_webhook(to).await;
        }
        let Some(code) = code else {
            let sentence = "`code` is missing; send the six digits that POST …/send-code has sent to this address.";
            return Err(ApiError::bad_request("code_missing", sentence));
        };
        let live = self.verifications.take_try(to.id, now()).await?.map_err(refused)?;
        let key = self.sender.vault.code_key(&live.data_key, to.operator_id).await?;
        let otp = Otp { to, live: &live };
        if !live.is(&code, &key, to) {
            let last = (live.tries_left == 0).then(|| otp.failed(now(), "too_many_attempts"));
            self.system_events.note([otp.failed_attempt(now())].into_iter().chain(last)).await;
            return Err(refused(CodeProblem::Wrong));
        }
        let lifted = self.suppression(to).await?;
        let accepted = self.verifications.accept(to, &live, &self.destinations, &self.suppressions, now()).await?;
        accepted.map_err(refused)?;
        let lifted = lifted.map(|suppression| system_events::unsuppressed(&suppression, "verification", now()));
        self.system_events.note([otp.verified(now())].into_iter().chain(lifted)).await;
        tracing::info!(operator_id = %to.operator_id, destination_id = %to.id, kind = %to.kind, "verified");
        Ok(Verified::YES)
    }

    /// Invalidates the code of a deleted destination.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn cancel_code(&self, of: &Destination) -> Result<()> {
        let Some(live) = self.verifications.remove(of.id).await? else { return Ok(()) };
        let canceled = live.good_at(now()).then(|| Otp { to: of, live: &live }.canceled(now(), "deleted"));
        self.system_events.note(canceled).await;
        Ok(())
    }

    async fn verify_webhook(&self, to: &Destination) -> Result<Verified> {
        let event = probe::verification(to);
        let envelope = Envelope::of(MessageId::generate(to.id));
        let held_back = &HeldBack::default();
        let answer = self.sender.send(Attempted { to, event: &event, envelope, held_back, number: 1 }).await;
        if let Some(error) = answer.attempt.error {
            let sentence = format!("The endpoint must answer our signed request with a 2xx; it {}.", predicate(&error));
            return Err(ApiError::bad_request("verification_failed", sentence));
        }
        if !self.destinations.set_verified(to.operator_id, to.id, now()).await? {
            return Err(ApiError::not_found("destination"));
        }
        Ok(Verified::YES)
    }
}

/// The events about a code that was passed to the mail or text service.
fn carried(otp: &Otp<'_>, attempt: &Attempt, mail: Option<&Mail>) -> Vec<serde_json::Result<Ingest>> {
    let mut events = mail.map(|mail| mailed(mail, attempt)).unwrap_or_default();
    if attempt.succeeded() {
        events.extend([otp.sent(now(), mail.map(Mail::id)), otp.expired()]);
    } else {
        events.push(otp.failed(now(), "not_sent"));
    }
    events
}

fn outcome(succeeded: bool) -> &'static str {
    if succeeded { "sent" } else { "failed" }
}

/// Says only which of the four problems it is: neither how many tries are left, nor what the code was.
fn refused(problem: CodeProblem) -> ApiError {
    let (code, sentence) = match problem {
        CodeProblem::Wrong => ("code_wrong", "This is not the code that was sent; look again, or ask for another."),
        CodeProblem::Spent => (
            "code_spent",
            "This code was used already, or guessed at too often; ask for another with POST …/send-code.",
        ),
        CodeProblem::Expired => ("code_expired", "This code has expired; ask for another with POST …/send-code."),
        CodeProblem::Missing => {
            ("code_missing", "No code was sent to this address; ask for one with POST …/send-code.")
        }
    };
    ApiError::bad_request(code, sentence)
}

fn too_soon(reason: TooSoon) -> ApiError {
    let (code, what, wait): (_, _, Duration) = match reason {
        TooSoon::Interval(wait) => ("code_sent_recently", "A code was sent to this address just now", wait),
        TooSoon::Destination(wait) => {
            ("too_many_codes", "This address was sent as many codes as it may in an hour", wait)
        }
        TooSoon::Operator(wait) => ("too_many_codes", "Your account has sent as many codes as it may in an hour", wait),
        TooSoon::CallingCode(wait) => {
            ("too_many_codes", "As many codes as may in an hour have gone to numbers of this country", wait)
        }
    };
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    ApiError::too_many(code, format!("{what}; ask again in {seconds} s."), wait)
}
