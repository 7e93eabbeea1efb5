//! Signatures of webhook requests, in the format of each API.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::{ApiKind, WebhookSecret};

/// The header with the signatures that Standard Webhooks defines.
pub const STANDARD_HEADER: &str = "webhook-signature";
/// The header of the STACK API's signature.
pub const STACK_HEADER: &str = "x-stack-signature-256";
/// The header with the same signature made with earlier secrets, for 24 h after a rotation. After several rotations it
/// has several, separated by commas. It is a separate header because receivers compare the whole value of
/// [`STACK_HEADER`] with one digest.
pub const STACK_PREVIOUS_HEADER: &str = "x-stack-signature-256-previous";

/// The HMAC-SHA256 of the concatenated `parts`.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC accepts keys of any length, so this error cannot happen, and a zero digest would match no receiver's.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// The value of [`STACK_HEADER`]: lowercase hex, keyed with the whole secret string.
pub fn stack(secret: &WebhookSecret, body: &[u8]) -> String {
    HEXLOWER.encode(&hmac(secret.reveal().as_bytes(), &[body]))
}

/// One signature of [`STANDARD_HEADER`], as Standard Webhooks defines it: `v1,<base64>` over `<id>.<unix
/// seconds>.<body>`.
pub fn standard(secret: &WebhookSecret, id: &str, at: Timestamp, body: &[u8]) -> String {
    let seconds = at.as_second().to_string();
    let digest = hmac(&secret.key_bytes(), &[id.as_bytes(), b".", seconds.as_bytes(), b".", body]);
    format!("v1,{}", STANDARD.encode(digest))
}

/// The Mail API's header with the time of a request, in seconds since the Unix epoch.
pub const MAIL_TIMESTAMP_HEADER: &str = "stackshift-timestamp";
/// The Mail API's header with the signatures.
pub const MAIL_HEADER: &str = "stackshift-signature";

/// One signature of [`MAIL_HEADER`]: `v1=` and lowercase hex over `<unix seconds>.<body>`, keyed with the whole secret
/// string.
pub fn mail(secret: &WebhookSecret, at: Timestamp, body: &[u8]) -> String {
    let seconds = at.as_second().to_string();
    format!("v1={}", HEXLOWER.encode(&hmac(secret.reveal().as_bytes(), &[seconds.as_bytes(), b".", body])))
}

/// The header of the Providers API's signature.
pub const PROVIDERS_HEADER: &str = "x-kaireon-signature";
/// The header of the Config API's signature.
pub const CONFIG_HEADER: &str = "x-sigsentry-signature";

/// The value of [`PROVIDERS_HEADER`] and [`CONFIG_HEADER`]: `sha256=` and lowercase hex over the body, keyed with the
/// whole secret string.
pub fn sha256(secret: &WebhookSecret, body: &[u8]) -> String {
    format!("sha256={}", HEXLOWER.encode(&hmac(secret.reveal().as_bytes(), &[body])))
}

/// The Stack Auth header with the id of a webhook request: the Standard Webhooks header under the name that the Svix
/// libraries expect.
pub const STACK_AUTH_ID_HEADER: &str = "svix-id";
/// The Stack Auth header with the time, under its Svix name.
pub const STACK_AUTH_TIMESTAMP_HEADER: &str = "svix-timestamp";
/// The Stack Auth header with the signatures, under its Svix name.
pub const STACK_AUTH_HEADER: &str = "svix-signature";

/// The headers that carry the id and the time of a webhook request: those of Standard Webhooks, which every webhook
/// gets, and those of the API that created it.
pub fn identity(api: ApiKind, id: &str, at: Timestamp) -> Vec<(&'static str, String)> {
    let seconds = at.as_second().to_string();
    let mut headers = vec![("webhook-id", id.to_owned()), ("webhook-timestamp", seconds.clone())];
    match api {
        ApiKind::Mail => headers.push((MAIL_TIMESTAMP_HEADER, seconds)),
        ApiKind::StackAuth => {
            headers.extend([(STACK_AUTH_ID_HEADER, id.to_owned()), (STACK_AUTH_TIMESTAMP_HEADER, seconds)]);
        }
        ApiKind::Stack | ApiKind::Providers | ApiKind::Config => {}
    }
    headers
}

/// The headers that sign a webhook request, in the format of the API that created the webhook. The first of `secrets`
/// is the current one; the others are earlier ones that still sign. Without secrets there are no headers.
pub fn signatures(
    api: ApiKind,
    secrets: &[WebhookSecret],
    id: &str,
    at: Timestamp,
    body: &[u8],
) -> Vec<(&'static str, String)> {
    if secrets.is_empty() {
        return vec![];
    }
    let standard: Vec<_> = secrets.iter().map(|secret| standard(secret, id, at, body)).collect();
    let standard = standard.join(" ");
    let mut headers = vec![(STANDARD_HEADER, standard.clone())];
    match api {
        ApiKind::Providers => headers.extend(secrets.first().map(|secret| (PROVIDERS_HEADER, sha256(secret, body)))),
        ApiKind::Config => headers.extend(secrets.first().map(|secret| (CONFIG_HEADER, sha256(secret, body)))),
        ApiKind::Stack => {
            let mut all = secrets.iter().map(|secret| stack(secret, body));
            headers.extend(all.next().map(|current| (STACK_HEADER, current)));
            let previous: Vec<_> = all.collect();
            headers.extend((!previous.is_empty()).then(|| (STACK_PREVIOUS_HEADER, previous.join(", "))));
        }
        ApiKind::Mail => {
            let signatures: Vec<_> = secrets.iter().map(|secret| mail(secret, at, body)).collect();
            headers.push((MAIL_HEADER, signatures.join(",")));
        }
        ApiKind::StackAuth => headers.push((STACK_AUTH_HEADER, standard)),
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?".
    #[test]
    fn hmac_is_rfc_4231s() {
        let secret = WebhookSecret::from_text("Jefe".to_owned().into());
        assert_eq!(
            stack(&secret, b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    // The example in the libraries of the Standard Webhooks specification.
    #[test]
    fn standard_webhooks_is_the_specifications() {
        let secret = WebhookSecret::from_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into());
        let at = Timestamp::from_second(1_614_265_330).expect("a time");
        assert_eq!(
            standard(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_secret_of_the_operators_own_signs_and_without_one_nothing_does() {
        let secrets = [WebhookSecret::from_text("Jefe".to_owned().into())];
        let at = Timestamp::from_second(1).expect("a time");
        let body = b"what do ya want for nothing?";
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843".to_owned();
        for (api, name) in [(ApiKind::Providers, PROVIDERS_HEADER), (ApiKind::Config, CONFIG_HEADER)] {
            assert!(signatures(api, &secrets, "dlv_1", at, body).contains(&(name, expected.clone())));
            assert_eq!(signatures(api, &[], "dlv_1", at, body), []);
        }
    }

    #[test]
    fn stack_auth_has_the_standard_values_under_the_names_of_svix() {
        let secrets = [WebhookSecret::generate(), WebhookSecret::generate()];
        let at = Timestamp::from_second(1_614_265_330).expect("a time");
        let both = secrets.each_ref().map(|secret| standard(secret, "dlv_1", at, b"{}")).join(" ");
        let (id, time) = ("dlv_1".to_owned(), "1614265330".to_owned());
        assert_eq!(
            identity(ApiKind::StackAuth, "dlv_1", at),
            [
                ("webhook-id", id.clone()),
                ("webhook-timestamp", time.clone()),
                ("svix-id", id),
                ("svix-timestamp", time)
            ]
        );
        assert_eq!(
            signatures(ApiKind::StackAuth, &secrets, "dlv_1", at, b"{}"),
            [("webhook-signature", both.clone()), ("svix-signature", both)]
        );
    }

    #[test]
    fn during_a_rotation_both_secrets_sign() {
        let secrets = [WebhookSecret::generate(), WebhookSecret::generate()];
        let at = Timestamp::from_second(1).expect("a time");
        let headers = signatures(ApiKind::Stack, &secrets, "dlv_1", at, b"{}");
        let value = |name| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
        assert_eq!(value(STACK_HEADER), Some(stack(&secrets[0], b"{}")));
        assert_eq!(value(STACK_PREVIOUS_HEADER), Some(stack(&secrets[1], b"{}")));
        assert_eq!(value("webhook-signature").map(|v| v.split(' ').count()), Some(2));
        let three = [WebhookSecret::generate(), WebhookSecret::generate(), WebhookSecret::generate()];
        let headers = signatures(ApiKind::Stack, &three, "dlv_1", at, b"{}");
        let previous = format!("{}, {}", stack(&three[1], b"{}"), stack(&three[2], b"{}"));
        assert!(headers.contains(&(STACK_PREVIOUS_HEADER, previous)));
    }
}
