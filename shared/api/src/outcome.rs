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
                let sentence = format!("This {noun} is being changed by other requests; look at it and try again.");
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
            Error::AlreadyVerified => Self::bad_request(
                "already_verified",
                "This destination is verified and healthy already; there is nothing to verify.",
            ),
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
                Self::unavailable("The queue did not take the delivery; send the same request again.")
            }
            Error::DeliveriesNotQueued => {
                Self::unavailable("The queue did not take all deliveries; send the same request again.")
            }
            Error::NoSecret(kind) => Self::bad_request(
                "no_secret",
                format!("This destination has the kind {kind}; only webhooks have a secret."),
            ),
            Error::TooManySecrets { first_ends } => too_many_secrets(first_ends),
            Error::RotatedMeanwhile => Self::conflict(
                "changed_meanwhile",
                "This webhook was changed by another request at the same time; look at it and try again.",
            ),
        }
    }
}

/// Says only which of the four problems it is: neither how many tries are left, nor what the code was.
fn code_refused(problem: CodeProblem) -> ApiError {
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

fn not_receiving(api: ApiKind) -> &'static str {
    match api {
        ApiKind::Providers | ApiKind::Config => {
            "It is not healthy, or switched off; test it first with POST …/test, or switch it on."
        }
        ApiKind::Stack | ApiKind::Mail | ApiKind::StackAuth => {
            "This destination is not verified or not healthy; verify it first with POST …/verify."
        }
    }
}

fn not_retryable(reason: NoRetry) -> ApiError {
    match reason {
        NoRetry::InProgress => ApiError::conflict(
            "in_progress",
            "This delivery is on its way; look at it again later, or send {\"force\": true} for another attempt now.",
        ),
        NoRetry::Succeeded => ApiError::conflict(
            "already_succeeded",
            "This delivery has arrived; send {\"force\": true} to send it once more all the same.",
        ),
    }
}

fn too_many_secrets(first_ends: Timestamp) -> ApiError {
    let sentence = format!(
        "{MAX_PREVIOUS_SECRETS} earlier secrets still sign, and each was promised its {ROTATION_HOURS} hours; the first \
         ends at {}. Rotate again then, or end the current secret at once with `expire_now`.",
        rfc3339(first_ends)
    );
    ApiError::conflict("too_many_secrets", sentence)
}
