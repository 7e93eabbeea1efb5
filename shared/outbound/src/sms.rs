//! Text messages, by SNS.

use std::sync::OnceLock;

use aws_config::{SdkConfig, retry::RetryConfig};
use aws_sdk_sns::{Client, Config, config::Builder, error::DisplayErrorContext, types::MessageAttributeValue};
use domain::delivery::Fault;

use crate::{
    answer::{Answer, Begun, Failure},
    carrier,
};

/// Sends text messages.
pub struct Texter {
    config: Config,
    // Made when the first message goes out, as with mail.
    client: OnceLock<Client>,
}

impl Texter {
    /// A sender with the account's own numbers and spending limit.
    pub fn new(config: &SdkConfig) -> Self {
        // As with mail: the schedule of deliveries is the one that tries again.
        let config = Builder::from(config).retry_config(RetryConfig::disabled()).build();
        Self { config, client: OnceLock::new() }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::from_conf(self.config.clone()))
    }

    /// Sends a message to a phone number in E.164 form as attempt number `number`. Whatever happens is the answer: it
    /// never fails.
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
        let transactional = MessageAttributeValue::builder().data_type("String").string_value("Transactional").build();
        let incomplete =
            |e: aws_sdk_sns::error::BuildError| Failure { status: None, error: e.to_string(), fault: Fault::Sender };
        let publish = self.client().publish().phone_number(to).message(text);
        // Reliability before price: a code or an alert that is late is worth nothing.
        let publish = publish.message_attributes("AWS.SNS.SMS.SMSType", transactional.map_err(incomplete)?);
        match publish.send().await {
            Ok(sent) => Ok(sent.message_id.unwrap_or_default()),
            Err(error) => Err(carrier::failure("SNS", &error, fault)),
        }
    }

    /// Whether the number's owner has answered STOP. `Publish` takes a message to such a number and drops it, so that it
    /// has to be asked. When the question fails, the message goes out: SNS keeps to the answer all the same.
    async fn opted_out(&self, number: &str) -> bool {
        match self.client().check_if_phone_number_is_opted_out().phone_number(number).send().await {
            Ok(answer) => answer.is_opted_out,
            Err(error) => {
                tracing::warn!(error = %DisplayErrorContext(&error), "SNS did not say whether a number has opted out");
                false
            }
        }
    }
}

/// What SNS's refusals mean, by the errors that the reference of `Publish` lists.
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
    fn a_refusal_that_can_pass_is_told_from_one_that_cannot() {
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
