//! Sends text messages through SNS.

use std::sync::OnceLock;

use aws_config::{Region, SdkConfig, retry::RetryConfig};
use aws_sdk_sns::{Client, Config, config::Builder, error::DisplayErrorContext, types::MessageAttributeValue};
use domain::{delivery::Fault, hidden::without_people};

use crate::{
    answer::{Answer, Begun, Failure},
    carrier,
};

/// The sender of text messages, and their maximum price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SmsSettings {
    /// The sender name, for countries that support one.
    pub sender_id: Option<String>,
    /// The sender number in E.164 form. Countries such as the United States require a registered one.
    pub origination_number: Option<String>,
    /// The maximum price of a message in US dollars. SNS does not send a message that costs more.
    pub max_price: Option<String>,
    /// The AWS region that sends the messages. The stack's own region if `None`.
    pub region: Option<String>,
}

impl SmsSettings {
    /// The attributes of a message with their types: SNS, "Publishing to a mobile phone".
    fn attributes(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        // Reliability over price: a late code or alert is useless.
        let always = ("AWS.SNS.SMS.SMSType", "String", Some("Transactional"));
        let sender_id = ("AWS.SNS.SMS.SenderID", "String", self.sender_id.as_deref());
        let number = ("AWS.MM.SMS.OriginationNumber", "String", self.origination_number.as_deref());
        let max_price = ("AWS.SNS.SMS.MaxPrice", "Number", self.max_price.as_deref());
        [always, sender_id, number, max_price].into_iter().filter_map(|(name, of, value)| Some((name, of, value?)))
    }
}

/// Sends text messages through SNS.
pub struct Texter {
    config: Config,
    settings: SmsSettings,
    // Created with the first message, as for mail.
    client: OnceLock<Client>,
}

impl Texter {
    /// Creates a sender with these settings. The account's settings apply to everything else.
    pub fn new(config: &SdkConfig, settings: SmsSettings) -> Self {
        // As for mail, the delivery schedule makes the retries.
        let mut config = Builder::from(config).retry_config(RetryConfig::disabled());
        if let Some(region) = &settings.region {
            config.set_region(Some(Region::new(region.clone())));
        }
        Self { config: config.build(), settings, client: OnceLock::new() }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::from_conf(self.config.clone()))
    }

    /// Sends a message to a phone number in E.164 form as attempt number `number`. Failures are part of the answer.
    pub async fn send(&self, to: &str, text: String, number: u32) -> Answer {
        let begun = Begun::now(number);
        let result = self.try_send(to, text).await;
        begun.ended(result.map(|id| (Some(200), Some(id))))
    }

    async fn try_send(&self, to: &str, text: String) -> Result<String, Failure> {
        if self.opted_out(to).await {
            let error = "the owner of this number has opted out of messages".to_owned();
            return Err(Failure { status: None, error, fault: Fault::Address });
        }
        let incomplete =
            |e: aws_sdk_sns::error::BuildError| Failure { status: None, error: e.to_string(), fault: Fault::Sender };
        let mut publish = self.client().publish().phone_number(to).message(text);
        for (name, data_type, value) in self.settings.attributes() {
            let attribute = MessageAttributeValue::builder().data_type(data_type).string_value(value).build();
            publish = publish.message_attributes(name, attribute.map_err(incomplete)?);
        }
        match publish.send().await {
            Ok(sent) => Ok(sent.message_id.unwrap_or_default()),
            Err(error) => Err(carrier::failure("SNS", &error, fault)),
        }
    }

    /// Whether the number's owner has opted out by answering STOP. `Publish` accepts a message to such a number and
    /// drops it, so this has to be checked. If the check fails, the message is sent: SNS honours the opt-out anyway.
    async fn opted_out(&self, number: &str) -> bool {
        match self.client().check_if_phone_number_is_opted_out().phone_number(number).send().await {
            Ok(answer) => answer.is_opted_out,
            Err(error) => {
                let error = DisplayErrorContext(&error).to_string();
                tracing::warn!(error = &*without_people(&error), "SNS did not say whether a number has opted out");
                false
            }
        }
    }
}

/// Classifies the errors of SNS that the reference of `Publish` lists.
fn fault(code: &str, message: &str) -> Fault {
    let message = message.to_ascii_lowercase();
    let about_the_number = message.contains("phone") || message.contains("opted out");
    match code.strip_suffix("Exception").unwrap_or(code) {
        "OptedOut" => Fault::Address,
        "InvalidParameter" | "InvalidParameterValue" | "Validation" if about_the_number => Fault::Address,
        "InvalidParameter" | "InvalidParameterValue" | "Validation" | "ValidationError" | "NotFound" => Fault::Sender,
        _ => Fault::Carrier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_the_attributes_that_are_set() {
        let attributes = |settings: &SmsSettings| settings.attributes().map(|(name, ..)| name).collect::<Vec<_>>();
        assert_eq!(attributes(&SmsSettings::default()), ["AWS.SNS.SMS.SMSType"]);
        let settings = SmsSettings {
            sender_id: Some("STACK".into()),
            origination_number: Some("+18005550100".into()),
            max_price: Some("0.50".into()),
            region: None,
        };
        let all = [
            ("AWS.SNS.SMS.SMSType", "String", "Transactional"),
            ("AWS.SNS.SMS.SenderID", "String", "STACK"),
            ("AWS.MM.SMS.OriginationNumber", "String", "+18005550100"),
            ("AWS.SNS.SMS.MaxPrice", "Number", "0.50"),
        ];
        assert!(settings.attributes().eq(all));
    }

    #[test]
    fn temporary_and_permanent_rejections_are_distinguished() {
        for (code, message, expected) in [
            ("AuthorizationError", "not authorized", Fault::Carrier),
            ("InvalidParameter", "Invalid parameter: PhoneNumber Reason: +1 is not valid", Fault::Address),
            ("InvalidParameterException", "Phone number is opted out", Fault::Address),
            ("OptedOut", "", Fault::Address),
            ("InvalidParameter", "Invalid parameter: Message too long", Fault::Sender),
        ] {
            assert_eq!(fault(code, message), expected, "{code}: {message}");
        }
    }
}
