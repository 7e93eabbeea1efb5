//! Turns the outcomes of the service layer into errors of the API: a status, a code and a sentence for each.

use std::time::Duration;

use domain::{
    ApiKind,
    destination::MAX_PREVIOUS_SECRETS,
    lifecycle::NoRetry,
    secret::ROTATION_HOURS,
    time::rfc3339,
    verification::{CodeProblem, TooSoon},
};
use jiff::Timestamp;
use service::Error;

use crate::{attempt_text::predicate, error::ApiError};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::Internal(error) => Self::internal(error),
            Error::NotFound(noun) => Self::not_found(noun),
            Error::ChangedMeanwhile(noun) => {
                let sentence = format!("Other requests keep changing this {noun}; read it again and retry.");
                Self::conflict("changed_meanwhile", sentence)
            }
            Error::Unverified => Self::bad_request(
                "destination_unverified",
                "This destination is not verified; verify it before you test it.",
            ),
            Error::NoCodeNeeded => Self::bad_request(
                "no_code_needed",
                "A webhook needs no code; verify it with POST …/verify, which sends it a signed request.",
            ),
            Error::AlreadyVerified => {
                Self::bad_request("already_verified", "This destination is already verified and healthy.")
            }
            Error::CodeRequired => Self::bad_request(
                "code_missing",
                "`code` is missing; send the six digits that POST …/send-code has sent to this address.",
            ),
            Error::Code(problem) => code_refused(problem),
            Error::TooSoon(reason) => too_soon(reason),
            Error::AddressRefused(error) => {
                Self::bad_request("address_refused", format!("No code can be sent to this address: {error}."))
            }
            Error::CodeNotSent(error) => {
                Self::unavailable(format!("The code could not be sent: {error}. Send the same request again later."))
            }
            Error::VerificationFailed(error) => Self::bad_request(
                "verification_failed",
                format!("The endpoint must answer our signed request with a 2xx; it {}.", predicate(&error)),
            ),
            Error::NotReceiving(api) => Self::conflict("destination_unhealthy", not_receiving(api)),
            Error::DestinationDeleted => Self::conflict(
                "destination_deleted",
                "The destination of this delivery is deleted; register it again and post the event again.",
            ),
            Error::NotRetryable(reason) => not_retryable(reason),
            Error::DeliveryNotQueued => {
                Self::unavailable("The queue did not accept the delivery; send the same request again.")
            }
            Error::DeliveriesNotQueued => {
                Self::unavailable("The queue did not accept all deliveries; send the same request again.")
            }
            Error::NoSecret(kind) => Self::bad_request(
                "no_secret",
                format!("This destination has the kind {kind}; only webhooks have a secret."),
            ),
            Error::TooManySecrets { first_ends } => too_many_secrets(first_ends),
            Error::RotatedMeanwhile => Self::conflict(
                "changed_meanwhile",
                "Another request changed this webhook at the same time; read it again and retry.",
            ),
        }
    }
}

/// Says only which of the four problems it is: neither how many tries are left, nor what the code was.
fn code_refused(problem: CodeProblem) -> ApiError {
    let (code, sentence) = match problem {
        CodeProblem::Wrong => ("code_wrong", "This is not the code that was sent; check it, or request a new one."),
        CodeProblem::Spent => (
            "code_spent",
            "This code was already used, or had too many wrong guesses; request a new one with POST …/send-code.",
        ),
        CodeProblem::Expired => ("code_expired", "This code has expired; request a new one with POST …/send-code."),
        CodeProblem::Missing => {
            ("code_missing", "No code was sent to this address; request one with POST …/send-code.")
        }
    };
    ApiError::bad_request(code, sentence)
}

fn too_soon(reason: TooSoon) -> ApiError {
    let (code, what, wait): (_, _, Duration) = match reason {
        TooSoon::Interval(wait) => ("code_sent_recently", "A code was sent to this address just now", wait),
        TooSoon::Destination(wait) => {
            ("too_many_codes", "This address has received the maximum number of codes per hour", wait)
        }
        TooSoon::Operator(wait) => {
            ("too_many_codes", "Your account has sent the maximum number of codes per hour", wait)
        }
        TooSoon::CallingCode(wait) => {
            ("too_many_codes", "The maximum number of codes per hour has been sent to this country", wait)
        }
    };
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    ApiError::too_many(code, format!("{what}; retry in {seconds} s."), wait)
}

fn not_receiving(api: ApiKind) -> &'static str {
    match api {
        ApiKind::Providers | ApiKind::Config => {
            "It is unhealthy or disabled; test it first with POST …/test, or enable it."
        }
        ApiKind::Stack | ApiKind::Mail | ApiKind::StackAuth => {
            "This destination is unverified or unhealthy; verify it first with POST …/verify."
        }
    }
}

fn not_retryable(reason: NoRetry) -> ApiError {
    match reason {
        NoRetry::InProgress => ApiError::conflict(
            "in_progress",
            "This delivery is in progress; wait for it, or send {\"force\": true} for another attempt now.",
        ),
        NoRetry::Succeeded => ApiError::conflict(
            "already_succeeded",
            "This delivery has already succeeded; send {\"force\": true} to send it again.",
        ),
        NoRetry::Test => ApiError::conflict(
            "is_test",
            "This was a test or a verification; send a new one with POST …/test or POST …/verify.",
        ),
    }
}

fn too_many_secrets(first_ends: Timestamp) -> ApiError {
    let sentence = format!(
        "{MAX_PREVIOUS_SECRETS} earlier secrets still sign, each for {ROTATION_HOURS} hours after its rotation. Rotate \
         again after {}, when the first of them ends, or end the current secret at once with `expire_now`.",
        rfc3339(first_ends)
    );
    ApiError::conflict("too_many_secrets", sentence)
}
