//! How this project calls AWS: the environment of a function, the configuration, and the clients.

use std::{collections::HashMap, env, str::FromStr, sync::OnceLock, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, retry::RetryConfig, stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_runtime::{
    invocation_id::InvocationIdInterceptor, request_info::RequestInfoInterceptor, user_agent::UserAgentInterceptor,
};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::HttpClient,
        interceptors::{
            Intercept,
            context::{BeforeDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef},
            disable_interceptor,
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use domain::guard::TargetPolicy;

use crate::{
    Result, StoreError, http,
    signer::{SigV4, Skew},
};

/// What a function gets from its environment, read once when it starts: its settings, and the SDK's configuration. All
/// clients are created from it.
pub struct Aws {
    variables: HashMap<String, String>,
    config: SdkConfig,
    // One client per service: each has its own connections, which all tables or queues share.
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    skew: Skew,
}

impl Aws {
    /// Reads the region, credentials and endpoints only from the environment, where Lambda sets them. The SDK's default
    /// provider chain would create clients for two more services at every start.
    pub fn from_env() -> Self {
        Self::new(env::vars().collect(), http::client())
    }

    /// Reads `variables` instead of the environment, and calls AWS through `client`.
    pub(crate) fn new(variables: HashMap<String, String>, client: impl HttpClient + 'static) -> Self {
        let variable = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
        // A hanging call must end well before the function's timeout, so that it can be retried.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(4))
            .build();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(variable("AWS_REGION").map(Region::new))
            .credentials_provider(SharedCredentialsProvider::new(credentials(&variables)))
            .service_config(OwnEndpoints)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts)
            // This would watch every body for stalls. Ours are kilobytes, and the timeouts cover them.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(client);
        config.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
        Self {
            variables,
            config: config.build(),
            dynamodb: OnceLock::new(),
            sqs: OnceLock::new(),
            skew: Skew::default(),
        }
    }

    /// Returns a variable that the template sets.
    ///
    /// # Errors
    /// When it is missing or empty.
    pub fn variable(&self, name: &'static str) -> Result<String> {
        self.optional_variable(name).ok_or_else(|| missing(name))
    }

    /// Returns a variable, or `None` if it is missing or empty.
    pub fn optional_variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// Parses a variable that the template sets.
    ///
    /// # Errors
    /// When it is missing or does not parse.
    pub fn parsed_variable<T: FromStr<Err: std::fmt::Display>>(&self, name: &'static str) -> Result<T> {
        self.variable(name)?.parse().map_err(|e: T::Err| StoreError::Environment { name, problem: e.to_string() })
    }

    /// Returns where webhooks may be sent to, from `ALLOW_PRIVATE_TARGETS`.
    ///
    /// # Errors
    /// When the variable is missing or is not `false`, `true` or `loopback`.
    pub fn target_policy(&self) -> Result<TargetPolicy> {
        self.parsed_variable("ALLOW_PRIVATE_TARGETS")
    }

    /// The configuration, for clients that are created elsewhere.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The DynamoDB client, created on first use.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let config = || {
            let config = aws_sdk_dynamodb::config::Builder::from(&self.config);
            config.push_auth_scheme(SigV4::new(self.skew.clone())).interceptor(Lean(self.skew.clone())).build()
        };
        self.dynamodb.get_or_init(|| aws_sdk_dynamodb::Client::from_conf(config())).clone()
    }

    /// The SQS client, created on first use.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let config = || {
            let config = aws_sdk_sqs::config::Builder::from(&self.config);
            config.push_auth_scheme(SigV4::new(self.skew.clone())).interceptor(Lean(self.skew.clone())).build()
        };
        self.sqs.get_or_init(|| aws_sdk_sqs::Client::from_conf(config())).clone()
    }
}

/// Leaves out headers that the services do not use: `user-agent` and its copy, an ID for each call, and the number of the
/// attempt. Building and signing them took a twentieth of the instructions of accepting an event.
///
/// It also passes the time of refusals to the signer, because the SDK corrects the clock only for its own.
#[derive(Debug)]
struct Lean(Skew);

impl Intercept for Lean {
    fn name(&self) -> &'static str {
        "Lean"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        const CAUSE: &str = "the services do not use it";
        let state = config.interceptor_state();
        state.store_put(disable_interceptor::<UserAgentInterceptor>(CAUSE));
        state.store_put(disable_interceptor::<InvocationIdInterceptor>(CAUSE));
        state.store_put(disable_interceptor::<RequestInfoInterceptor>(CAUSE));
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let answer = context.response();
        if answer.status().is_client_error()
            && let Some(date) = answer.headers().get("date")
        {
            self.0.observe(date, components.time_source().unwrap_or_default().now());
        }
        Ok(())
    }
}

/// The credentials of the function's role, which Lambda sets for the life of the process.
fn credentials(variables: &HashMap<String, String>) -> Credentials {
    let variable = |name: &str| variables.get(name).cloned();
    let key = |name| variable(name).unwrap_or_default();
    let token = variable("AWS_SESSION_TOKEN").filter(|token| !token.is_empty());
    Credentials::new(key("AWS_ACCESS_KEY_ID"), key("AWS_SECRET_ACCESS_KEY"), token, None, "environment")
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

/// The error for a variable that is missing.
pub(crate) fn missing(name: &'static str) -> StoreError {
    StoreError::Environment { name, problem: "is missing; the template sets it".into() }
}
