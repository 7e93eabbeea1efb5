//! How this project calls AWS: configuration, clients and environment variables.

use std::{env, str::FromStr, sync::OnceLock, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use domain::guard::TargetPolicy;

use crate::{Result, StoreError, http};

/// The SDK's configuration, read once when a function starts. All clients are created from it.
pub struct Aws {
    config: SdkConfig,
    // One client per service: each has its own connections, which all tables or queues share.
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
}

impl Aws {
    /// Reads the region, credentials and endpoints only from the environment, where Lambda sets them. The SDK's default
    /// provider chain would create clients for two more services at every start.
    pub fn from_env() -> Self {
        // A hanging call must end well before the function's timeout, so that it can be retried.
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
            // This would watch every body for stalls. Ours are kilobytes, and the timeouts cover them.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(http::client());
        config.set_endpoint_url(variable("AWS_ENDPOINT_URL").ok());
        Self { config: config.build(), dynamodb: OnceLock::new(), sqs: OnceLock::new() }
    }

    /// The configuration, for clients that are created elsewhere.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The DynamoDB client, created on first use.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(|| aws_sdk_dynamodb::Client::new(&self.config)).clone()
    }

    /// The SQS client, created on first use.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        self.sqs.get_or_init(|| aws_sdk_sqs::Client::new(&self.config)).clone()
    }
}

/// Endpoints of single services, such as `AWS_ENDPOINT_URL_SNS`.
#[derive(Debug)]
struct OwnEndpoints;

impl LoadServiceConfig for OwnEndpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let name = format!("{}_{}", key.env(), key.service_id().to_uppercase().replace(' ', "_"));
        env::var(name).ok().filter(|value| !value.is_empty())
    }
}

/// Returns an environment variable that the template sets.
///
/// # Errors
/// When it is missing or empty.
pub fn variable(name: &'static str) -> Result<String> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ => Err(StoreError::Environment { name, problem: "is missing; the template sets it".into() }),
    }
}

/// Returns an environment variable, or `None` if it is missing or empty.
pub fn optional_variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Parses an environment variable that the template sets.
///
/// # Errors
/// When it is missing or does not parse.
pub fn parsed_variable<T: FromStr<Err: std::fmt::Display>>(name: &'static str) -> Result<T> {
    variable(name)?.parse().map_err(|e: T::Err| StoreError::Environment { name, problem: e.to_string() })
}

/// Returns where webhooks may be sent to, from `ALLOW_PRIVATE_TARGETS`.
///
/// # Errors
/// When the variable is missing or is not `false`, `true` or `loopback`.
pub fn target_policy() -> Result<TargetPolicy> {
    parsed_variable("ALLOW_PRIVATE_TARGETS")
}
