//! One place for how this project talks to AWS.

use std::{env, str::FromStr, sync::OnceLock, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use domain::guard::TargetPolicy;

use crate::{Result, StoreError, http};

/// The SDK's configuration, read once at the start of a function, from which the clients are made.
pub struct Aws {
    config: SdkConfig,
    // One client a service: each has connections of its own, which all tables, or both queues, share.
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
}

impl Aws {
    /// Reads region, credentials and endpoints from the environment, as Lambda sets them, and from nowhere else: the
    /// SDK's own chain of places would build clients of two more services at every start.
    pub fn from_env() -> Self {
        // A call that hangs must end well before a function's timeout, so that it can be tried again.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(4))
            .build();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(variable("AWS_REGION").ok().map(Region::new))
            .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
            .service_config(OwnEndpoints)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts)
            // Watches every body for a stall, which for ours, of kilobytes, the timeouts end as well.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(http::client());
        config.set_endpoint_url(variable("AWS_ENDPOINT_URL").ok());
        Self { config: config.build(), dynamodb: OnceLock::new(), sqs: OnceLock::new() }
    }

    /// The configuration, for clients that are made elsewhere.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The client of DynamoDB.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(|| aws_sdk_dynamodb::Client::new(&self.config)).clone()
    }

    /// The client of SQS.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        self.sqs.get_or_init(|| aws_sdk_sqs::Client::new(&self.config)).clone()
    }
}

/// Endpoints of one service, such as `AWS_ENDPOINT_URL_SNS`.
#[derive(Debug)]
struct OwnEndpoints;

impl LoadServiceConfig for OwnEndpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let name = format!("{}_{}", key.env(), key.service_id().to_uppercase().replace(' ', "_"));
        env::var(name).ok().filter(|value| !value.is_empty())
    }
}

/// An environment variable that the template sets.
///
/// # Errors
/// When it is missing or empty.
pub fn variable(name: &'static str) -> Result<String> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ => Err(StoreError::Environment { name, problem: "is missing; the template sets it".into() }),
    }
}

/// An environment variable that may be missing or empty, which is the same.
pub fn optional_variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// An environment variable that the template sets, read as a `T`.
///
/// # Errors
/// When it is missing or does not parse.
pub fn parsed_variable<T: FromStr<Err: std::fmt::Display>>(name: &'static str) -> Result<T> {
    variable(name)?.parse().map_err(|e: T::Err| StoreError::Environment { name, problem: e.to_string() })
}

/// Where webhooks may go, by `ALLOW_PRIVATE_TARGETS`.
///
/// # Errors
/// When the variable is missing or none of `false`, `true` and `loopback`.
pub fn target_policy() -> Result<TargetPolicy> {
    parsed_variable("ALLOW_PRIVATE_TARGETS")
}
