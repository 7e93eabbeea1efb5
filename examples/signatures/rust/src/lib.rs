//! Verifies the signatures of STACK Notifications.

// region: shared
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

const TOLERANCE_SECONDS: u64 = 5 * 60;

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC accepts keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// Compares in constant time.
fn contains<'a>(mut signatures: impl Iterator<Item = &'a str>, expected: &str) -> bool {
    signatures.any(|signature| signature.trim().as_bytes().ct_eq(expected.as_bytes()).into())
}

/// Whether a signed time is close enough to `now`, in Unix seconds: an older request may be a replay.
fn is_fresh(timestamp: &str, now: u64) -> bool {
    let is_number = (1..=12).contains(&timestamp.len()) && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    is_number && timestamp.parse().is_ok_and(|at: u64| now.abs_diff(at) <= TOLERANCE_SECONDS)
}
// endregion: shared

// region: standard
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Reads the key as base64, with or without prefix and padding. Another text is the key itself.
fn key_bytes(secret: &str) -> Vec<u8> {
    let text = secret.strip_prefix("whsec_").unwrap_or(secret);
    let decoded = Some(text).filter(|text| !text.is_empty()).and_then(|text| BASE64.decode(text).ok());
    decoded.unwrap_or_else(|| secret.as_bytes().to_vec())
}

/// Verifies `webhook-signature`. `headers` finds a header, such as `|name| headers.get(name)?.to_str().ok()`.
pub fn verify_standard_webhooks<'a>(
    body: &[u8],
    headers: impl Fn(&str) -> Option<&'a str>,
    secret: &str,
    now: u64,
) -> bool {
    verify_standard(
        body,
        [headers("webhook-id"), headers("webhook-timestamp"), headers("webhook-signature")],
        secret,
        now,
    )
}

fn verify_standard(body: &[u8], headers: [Option<&str>; 3], secret: &str, now: u64) -> bool {
    let [Some(id), Some(timestamp), Some(signatures)] = headers else { return false };
    if !is_fresh(timestamp, now) {
        return false;
    }
    let digest = hmac(&key_bytes(secret), &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
    // After a rotation there is one signature for each secret.
    contains(signatures.split(' '), &format!("v1,{}", STANDARD.encode(digest)))
}
// endregion: standard

// region: svix
/// Verifies `svix-signature`.
pub fn verify_svix<'a>(body: &[u8], headers: impl Fn(&str) -> Option<&'a str>, secret: &str, now: u64) -> bool {
    verify_standard(body, [headers("svix-id"), headers("svix-timestamp"), headers("svix-signature")], secret, now)
}
// endregion: svix

// region: stack
/// Verifies `X-STACK-Signature-256`. It cannot detect a replay.
pub fn verify_stack<'a>(body: &[u8], headers: impl Fn(&str) -> Option<&'a str>, secret: &str) -> bool {
    let expected = hex::encode(hmac(secret.as_bytes(), &[body]));
    // After a rotation the earlier secrets sign the second header.
    let all = ["x-stack-signature-256", "x-stack-signature-256-previous"].into_iter().filter_map(headers);
    contains(all.flat_map(|signatures| signatures.split(',')), &expected)
}
// endregion: stack

// region: mail
/// Verifies `StackShift-Signature`.
pub fn verify_mail<'a>(body: &[u8], headers: impl Fn(&str) -> Option<&'a str>, secret: &str, now: u64) -> bool {
    let (Some(timestamp), Some(signatures)) = (headers("stackshift-timestamp"), headers("stackshift-signature")) else {
        return false;
    };
    if !is_fresh(timestamp, now) {
        return false;
    }
    let digest = hex::encode(hmac(secret.as_bytes(), &[timestamp.as_bytes(), b".", body]));
    // After a rotation there is one signature for each secret.
    contains(signatures.split(','), &format!("v1={digest}"))
}
// endregion: mail

// region: sha256
fn verify_sha256(body: &[u8], signature: Option<&str>, secret: &str) -> bool {
    let digest = hex::encode(hmac(secret.as_bytes(), &[body]));
    contains(signature.into_iter(), &format!("sha256={digest}"))
}

/// Verifies `X-Kaireon-Signature`. It cannot detect a replay.
pub fn verify_provider<'a>(body: &[u8], headers: impl Fn(&str) -> Option<&'a str>, secret: &str) -> bool {
    verify_sha256(body, headers("x-kaireon-signature"), secret)
}

/// Verifies `X-SigSentry-Signature`. It cannot detect a replay.
pub fn verify_project_channel<'a>(body: &[u8], headers: impl Fn(&str) -> Option<&'a str>, secret: &str) -> bool {
    verify_sha256(body, headers("x-sigsentry-signature"), secret)
}
// endregion: sha256
