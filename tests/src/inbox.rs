//! Messages to email addresses and phone numbers, as stored by the local cloud; and control of the relay in front of
//! it, which can reject messages (tests/relay.py).

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::{eventually, variable};

/// An email or a text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The subject of an email; empty for a text message.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML part of an email; empty for a text message.
    pub html: String,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

/// An email address that no other test uses.
pub fn new_address() -> String {
    format!("to-{}-{}@example.org", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A phone number that no other test uses.
pub fn new_number() -> String {
    format!("+1415555{}", 2000 + NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn get(url: String) -> Value {
    let answer = reqwest::get(&url).await.unwrap_or_else(|e| panic!("{url}: {e}"));
    answer.json().await.unwrap_or_else(|e| panic!("{url}: {e}"))
}

/// All messages to an address or a number, oldest first.
pub async fn all(address: &str) -> Vec<Message> {
    let cloud = variable("AWS_ENDPOINT_URL");
    let text = |message: &Value, name: &str| message[name].as_str().unwrap_or_default().to_owned();
    if address.starts_with('+') {
        let found = get(format!("{cloud}/_ministack/sns/sms-messages")).await;
        let of_number = found["sms_messages"][address].as_array().cloned().unwrap_or_default();
        let sms =
            |message: &Value| Message { subject: String::new(), text: text(message, "Message"), html: String::new() };
        return of_number.iter().map(sms).collect();
    }
    let found = get(format!("{cloud}/_ministack/ses/messages")).await;
    let accounts = found["messages"].as_object().expect("accounts").values();
    let mails = accounts.flat_map(|mails| mails.as_array().expect("a list"));
    let to_address = mails.filter(|mail| mail["To"].as_array().is_some_and(|to| to.iter().any(|to| to == address)));
    let mail = |mail: &Value| Message {
        subject: text(mail, "Subject"),
        text: text(mail, "BodyText"),
        html: text(mail, "BodyHtml"),
    };
    to_address.map(mail).collect()
}

/// Waits until there are at least `count` messages to an address or a number, and returns all of them.
pub async fn wait_for(address: &str, count: usize) -> Vec<Message> {
    eventually(&format!("{count} messages to {address}"), async || {
        let found = all(address).await;
        (found.len() >= count).then_some(found)
    })
    .await
}

/// A code other than this one, for a `by` from 1 to 999,999.
pub fn another_code(code: &str, by: u32) -> String {
    format!("{:06}", (code.parse::<u32>().expect("digits") + by) % 1_000_000)
}

/// The verification code in the message after the first `before` messages.
pub async fn code(address: &str, before: usize) -> String {
    let message = wait_for(address, before + 1).await.remove(before);
    let text = if message.subject.is_empty() { message.text } else { message.subject };
    let code: String = text.chars().take(6).collect();
    assert!(code.chars().all(|c| c.is_ascii_digit()), "{text}");
    code
}

/// Makes the relay reject the next messages to an address or a number with this error of the service.
pub async fn refuse(to: &str, status: u16, code: &str, message: &str, times: u32) {
    fault(json!({"to": to, "status": status, "code": code, "message": message, "times": times})).await;
}

/// Makes the relay delay the next message to an address or a number, and then fail.
pub async fn hang(to: &str, seconds: u32) {
    fault(json!({"to": to, "delay": seconds})).await;
}

/// Marks a number as one whose owner has opted out.
pub async fn opt_out(number: &str) {
    fault(json!({"to": number, "opted_out": true})).await;
}

async fn fault(fault: Value) {
    let url = format!("{}/_relay/faults", variable("RELAY_URL"));
    let answer = reqwest::Client::new().post(url).json(&fault).send().await.expect("the relay");
    assert!(answer.status().is_success());
}

/// The requests that sent messages to an address or a number, oldest first.
pub async fn requests(to: &str) -> Vec<Value> {
    let pairs = [("to", to)];
    let url = reqwest::Url::parse_with_params(&format!("{}/_relay/messages", variable("RELAY_URL")), pairs);
    get(url.expect("a URL").into()).await.as_array().expect("a list").clone()
}
