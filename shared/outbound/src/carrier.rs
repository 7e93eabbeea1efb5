//! What the senders by way of an AWS service have in common: what a refusal means.

use aws_sdk_sesv2::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};
use domain::delivery::Fault;

use crate::answer::Failure;

/// Reads the error of a call to `service`. `fault` judges the service's own refusals, by code and message; what never got
/// an answer, or got one of «later», is the carrier's and may pass.
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
            tracing::error!(error = %DisplayErrorContext(other), "a call of {service} failed");
            return ours(format!("{service} could not be asked"));
        }
    };
    let status = refused.raw().status().as_u16();
    let code = refused.err().code().unwrap_or("an error");
    let message = refused.err().message().unwrap_or_default();
    let fault = if status >= 500 || status == 429 { Fault::Carrier } else { fault(code, message) };
    let error = if status == 403 {
        // Its message names our role and account, which are nobody's business but the deployment's.
        tracing::error!(code, message, "{service} does not let us send");
        format!("{service} answered {status} {code}")
    } else {
        format!("{service} answered {status} {code}: {message}")
    };
    Failure { status: Some(status), error, fault }
}

fn ours(error: String) -> Failure {
    Failure { status: None, error, fault: Fault::Carrier }
}
