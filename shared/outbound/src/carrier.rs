//! Errors that the senders through AWS services share.

use aws_sdk_sesv2::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};
use domain::{delivery::Fault, hidden::without_people};

use crate::answer::Failure;

/// Reads the error of a call to `service`. `fault` classifies the service's own errors by code and message. A call
/// without an answer, or with a retryable one, is a temporary failure of the carrier.
pub(crate) fn failure<E>(
    service: &str,
    error: &SdkError<E, HttpResponse>,
    fault: impl FnOnce(&str, &str) -> Fault,
) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let refused = match error {
        SdkError::ServiceError(refused) => refused,
        SdkError::TimeoutError(_) => return ours(format!("{service} did not answer in time")),
        SdkError::DispatchFailure(_) => return ours(format!("{service} could not be reached")),
        other => {
            let error = DisplayErrorContext(other).to_string();
            tracing::error!(error = &*without_people(&error), "a call of {service} failed");
            return ours(format!("{service} could not be asked"));
        }
    };
    let status = refused.raw().status().as_u16();
    let code = refused.err().code().unwrap_or("an error");
    let message = refused.err().message().unwrap_or_default();
    let fault = match status {
        _ if is_rate_limit(code, message) => Fault::Throttled,
        429 | 500.. => Fault::Carrier,
        _ => fault(code, message),
    };
    let error = if status == 403 {
        // The message names our role and account, which only the deployment's administrators should see.
        tracing::error!(code, message = &*without_people(message), "{service} does not let us send");
        format!("{service} answered {status} {code}")
    } else {
        format!("{service} answered {status} {code}: {message}")
    };
    Failure { status: Some(status), error, fault }
}

/// Whether an error is a rate limit, which passes within seconds. An exhausted daily quota does not, but SES may report
/// it with the same code.
fn is_rate_limit(code: &str, message: &str) -> bool {
    let code = code.strip_suffix("Exception").unwrap_or(code);
    let limited = matches!(code, "Throttling" | "Throttled" | "RequestThrottled" | "TooManyRequests" | "KMSThrottling");
    limited && !message.to_ascii_lowercase().contains("quota")
}

fn ours(error: String) -> Failure {
    Failure { status: None, error, fault: Fault::Carrier }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sesv2::{error::ErrorMetadata, operation::send_email::SendEmailError};
    use aws_smithy_types::body::SdkBody;
    use http::Response;

    use super::*;

    #[test]
    fn rate_limits_come_with_several_statuses() {
        for (status, code, message, expected) in [
            (429, "TooManyRequestsException", "Maximum sending rate exceeded.", Fault::Throttled),
            (400, "Throttling", "Rate exceeded", Fault::Throttled),
            (503, "Throttling", "", Fault::Throttled),
            (429, "TooManyRequestsException", "Daily message quota exceeded.", Fault::Carrier),
            (429, "Other", "", Fault::Carrier),
            (500, "InternalFailure", "", Fault::Carrier),
            (400, "MessageRejected", "", Fault::Sender),
        ] {
            let refusal = SendEmailError::generic(ErrorMetadata::builder().code(code).message(message).build());
            let raw = Response::builder().status(status).body(SdkBody::empty()).expect("a response");
            let error = SdkError::service_error(refusal, raw.try_into().expect("a response"));
            let failure = failure("SES", &error, |_, _| Fault::Sender);
            assert_eq!((failure.fault, failure.status), (expected, Some(status)), "{code}: {message}");
        }
    }

    #[test]
    fn a_rate_limit_is_told_from_a_quota() {
        for (code, message) in [
            ("TooManyRequestsException", "Maximum sending rate exceeded."),
            ("Throttling", "Rate exceeded"),
            ("ThrottlingException", ""),
            ("Throttled", "Rate exceeded"),
            ("ThrottledException", ""),
            ("KMSThrottlingException", ""),
        ] {
            assert!(is_rate_limit(code, message), "{code}: {message}");
        }
        for (code, message) in [
            ("Throttling", "Daily message quota exceeded."),
            ("TooManyRequestsException", "Daily message quota exceeded"),
            ("LimitExceededException", "Daily message quota exceeded."),
            ("AccountSuspendedException", ""),
            ("SendingPausedException", "Email sending is paused."),
            ("InternalFailure", ""),
        ] {
            assert!(!is_rate_limit(code, message), "{code}: {message}");
        }
    }
}
