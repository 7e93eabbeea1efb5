//! Why an operation was refused or failed. The HTTP functions turn each case into an answer.

use domain::{
    ApiKind, Kind,
    lifecycle::NoRetry,
    verification::{CodeProblem, TooSoon},
};
use jiff::Timestamp;
use store::StoreError;

/// Why an operation was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A call to AWS failed, or a row is not as expected.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault of this project, for the log.
    #[error("{0}")]
    Internal(String),
    /// The operator has no such resource.
    #[error("no {0} with this id")]
    NotFound(&'static str),
    /// Other requests changed the resource during every try.
    #[error("this {0} is being changed by other requests")]
    ChangedMeanwhile(&'static str),
    /// The destination is not verified.
    #[error("the destination is not verified")]
    Unverified,
    /// A webhook is verified without a code.
    #[error("a webhook needs no code")]
    NoCodeNeeded,
    /// The destination is verified and healthy, and its address is not suppressed.
    #[error("the destination is verified and healthy")]
    AlreadyVerified,
    /// The destination needs a code, and the request has none.
    #[error("the code is missing")]
    CodeRequired,
    /// The code is not accepted.
    #[error("the code is not accepted: {0:?}")]
    Code(CodeProblem),
    /// No other code may be sent yet.
    #[error("too many codes: {0:?}")]
    TooSoon(TooSoon),
    /// No code can be sent to this address, for this reason.
    #[error("no code can be sent to this address: {0}")]
    AddressRefused(String),
    /// The code could not be sent now, for this reason.
    #[error("the code was not sent: {0}")]
    CodeNotSent(String),
    /// The endpoint did not accept the request that verifies it: the error of the attempt.
    #[error("the endpoint was not verified: {0}")]
    VerificationFailed(String),
    /// The destination is unverified, unhealthy or disabled. Holds the API that created it.
    #[error("the destination does not receive deliveries")]
    NotReceiving(ApiKind),
    /// The destination of the delivery was deleted.
    #[error("the destination is deleted")]
    DestinationDeleted,
    /// The delivery cannot be retried.
    #[error("the delivery cannot be retried: {0:?}")]
    NotRetryable(NoRetry),
    /// The queue did not accept the only delivery.
    #[error("the queue did not accept the delivery")]
    DeliveryNotQueued,
    /// The queue accepted only some of the deliveries.
    #[error("the queue did not accept all deliveries")]
    DeliveriesNotQueued,
    /// Destinations of this kind have no secret.
    #[error("a destination of the kind {0} has no secret")]
    NoSecret(Kind),
    /// As many earlier secrets sign as may; the first of them ends then.
    #[error("too many earlier secrets still sign")]
    TooManySecrets {
        /// When the first of the earlier secrets ends.
        first_ends: Timestamp,
    },
    /// Another request rotated the secret at the same time.
    #[error("the secret was rotated by another request")]
    RotatedMeanwhile,
}

impl Error {
    /// Wraps a fault of this project, for `map_err`.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}

/// The result of an operation.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a function cannot start.
pub type SetupError = Box<dyn std::error::Error + Send + Sync>;
