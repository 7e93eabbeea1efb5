//! Names a call, `Service.Operation`, from its HTTP request.

use axum::http::header;

use super::Sent;

/// The name of a call, such as `DynamoDB.Query`.
pub(super) fn name(sent: &Sent) -> String {
    let text = |name: &str| sent.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Some((service, operation)) = text("x-amz-target").split_once('.') {
        return format!("{}.{operation}", short_name(service));
    }
    // "AWS4-HMAC-SHA256 Credential=key/20250131/us-east-1/sns/aws4_request, …"
    let service = text(header::AUTHORIZATION.as_str()).split('/').nth(3).unwrap_or("?").to_uppercase();
    if text(header::CONTENT_TYPE.as_str()).starts_with("application/x-www-form-urlencoded") {
        let form = String::from_utf8_lossy(&sent.body);
        if let Some(action) = form.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
            return format!("{service}.{action}");
        }
    }
    let path = sent.uri.path();
    match (sent.method.as_str(), path) {
        ("POST", "/v2/email/outbound-emails") => format!("{service}.SendEmail"),
        ("POST", path) if path.ends_with("/invocations") => "Lambda.Invoke".to_owned(),
        (method, path) => format!("{service}.{method} {path}"),
    }
}

/// The common name of a service.
fn short_name(target: &str) -> &str {
    match target {
        "AmazonSQS" => "SQS",
        "TrentService" => "KMS",
        "AWSEvents" => "EventBridge",
        other => other.split('_').next().unwrap_or(other),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

    use super::*;

    #[track_caller]
    fn is_called(path: &'static str, headers: &[(&'static str, &'static str)], body: &'static str, expected: &str) {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let headers = HeaderMap::from_iter(headers.iter().map(header));
        let sent = Sent { method: Method::POST, uri: path.parse().unwrap(), headers, body: body.into() };
        assert_eq!(name(&sent), expected);
    }

    #[test]
    fn a_target_header_names_service_and_operation() {
        is_called("/", &[("x-amz-target", "DynamoDB_20120810.Query")], "{}", "DynamoDB.Query");
        is_called("/", &[("x-amz-target", "AmazonSQS.SendMessageBatch")], "{}", "SQS.SendMessageBatch");
        is_called("/", &[("x-amz-target", "TrentService.Decrypt")], "{}", "KMS.Decrypt");
    }

    #[test]
    fn without_a_target_header_the_body_or_path_names_the_operation() {
        let signed = |scope| [("authorization", scope), ("content-type", "application/x-www-form-urlencoded")];
        let sns = signed("AWS4-HMAC-SHA256 Credential=key/20250131/us-east-1/sns/aws4_request, Signature=0/1");
        is_called("/", &sns, "Version=1&Action=Publish&Message=x", "SNS.Publish");
        let ses = [("authorization", "AWS4-HMAC-SHA256 Credential=key/20250131/us-east-1/ses/aws4_request, S=0")];
        is_called("/v2/email/outbound-emails", &ses, "{}", "SES.SendEmail");
        is_called("/v2/email/identities", &ses, "{}", "SES.POST /v2/email/identities");
        is_called("/2015-03-31/functions/f/invocations", &[], "{}", "Lambda.Invoke");
    }
}
