//! The HTTP client for all AWS services, and the certificate authorities that it trusts.
//!
//! The endpoints of the partition `aws` have certificates from Amazon Trust Services. AWS lists its five roots for
//! clients with a restricted trust store: <https://www.amazontrust.com/repository/>. Reading the system's 140 roots
//! instead would take longer than everything else at a function's start.

use std::{
    collections::HashMap,
    env, fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use aws_smithy_runtime_api::client::{
    connection::{CaptureSmithyConnection, ConnectionMetadata},
    connector_metadata::ConnectorMetadata,
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::time::Instant;
use transport::{Client, Connection, Error, Settings, SystemResolver};

/// Amazon Root CA 1 to 4 and Starfield Services Root Certificate Authority - G2. The first to expire does so in 2037.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");
/// The prefixes of region names in the partition `aws`, from the SDK's `partitions.json`.
const PARTITION_AWS: [&str; 9] = ["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"];

/// Creates a client for the region and the endpoints in the environment. It uses no proxy.
pub(crate) fn client() -> impl HttpClient + 'static {
    let region = env::var("AWS_REGION").unwrap_or_default();
    // A single endpoint for all services, or one per service, such as AWS_ENDPOINT_URL_DYNAMODB.
    let endpoints = env::vars().filter(|(name, _)| name.starts_with("AWS_ENDPOINT_URL")).map(|(_, url)| url);
    let roots = if is_amazons(&region, endpoints) { amazons_roots } else { system_roots };
    AwsHttp { tls: LazyLock::new(Box::new(move || transport::tls(roots()))), connectors: Mutex::default() }
}

fn amazons_roots() -> RootCertStore {
    trusted(CertificateDer::pem_slice_iter(AMAZON_ROOTS).filter_map(Result::ok))
}

fn system_roots() -> RootCertStore {
    trusted(rustls_native_certs::load_native_certs().certs)
}

/// The roots that parse. A system may have some that do not; the others are still used.
fn trusted<'a>(certificates: impl IntoIterator<Item = CertificateDer<'a>>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let (_, unreadable) = roots.add_parsable_certificates(certificates);
    if roots.is_empty() || unreadable > 0 {
        tracing::warn!(trusted = roots.len(), unreadable, "some root certificates could not be read");
    }
    roots
}

/// Whether every endpoint that is called over TLS has a certificate from Amazon Trust Services.
fn is_amazons(region: &str, mut endpoints: impl Iterator<Item = String>) -> bool {
    let parts: Vec<_> = region.split('-').collect();
    // Regions of other partitions have another prefix, or four parts: cn-north-1, us-gov-west-1.
    let in_partition = matches!(parts[..], [first, _, _] if PARTITION_AWS.contains(&first));
    in_partition && endpoints.all(|url| url.starts_with("http://"))
}

type Tls = Result<Arc<ClientConfig>, rustls::Error>;
type Timeouts = (Option<Duration>, Option<Duration>);

/// Connects the SDK to [`transport`]. TLS is set up with the first call.
struct AwsHttp {
    tls: LazyLock<Tls, Box<dyn Fn() -> Tls + Send + Sync>>,
    // One in practice, because all services have the same timeouts.
    connectors: Mutex<HashMap<Timeouts, SharedHttpConnector>>,
}

impl fmt::Debug for AwsHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsHttp").finish_non_exhaustive()
    }
}

impl HttpClient for AwsHttp {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        connectors.entry(timeouts).or_insert_with(|| SharedHttpConnector::new(self.connector(timeouts))).clone()
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some("1.x".into())))
    }
}

impl AwsHttp {
    fn connector(&self, (connect_timeout, read_timeout): Timeouts) -> Connector {
        let client = self.tls.clone().map(|tls| {
            Client::new(Settings { tls, https_only: false, connect_timeout, resolver: Arc::new(SystemResolver) })
        });
        Connector { client, read_timeout }
    }
}

/// Sends the requests of clients that share the same timeouts.
struct Connector {
    client: Result<Client, rustls::Error>,
    read_timeout: Option<Duration>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("read_timeout", &self.read_timeout).finish_non_exhaustive()
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.client.clone();
        let deadline = self.read_timeout.map(|timeout| Instant::now() + timeout);
        HttpConnectorFuture::new(async move {
            let client = client.map_err(|error| ConnectorError::other(error.into(), None))?;
            call(client, request, deadline).await
        })
    }
}

async fn call(client: Client, request: HttpRequest, deadline: Option<Instant>) -> Result<HttpResponse, ConnectorError> {
    let (parts, body) = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?.into_parts();
    let captured = parts.extensions.get::<CaptureSmithyConnection>().cloned();
    let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
    let response = client.send(http::Request::from_parts(parts, body), deadline).await.map_err(classified)?;
    if let (Some(captured), Some(connection)) = (captured, response.extensions().get::<Connection>().cloned()) {
        // Lets the SDK close a connection on which the service failed.
        captured.set_connection_retriever(move || {
            let connection = connection.clone();
            Some(ConnectionMetadata::builder().proxied(false).poison_fn(move || connection.poison()).build())
        });
    }
    HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
        .map_err(|error| ConnectorError::other(error.into(), None))
}

/// Converts an error for the SDK, which retries timeouts and I/O errors.
fn classified(error: Error) -> ConnectorError {
    match &error {
        Error::ConnectTimeout | Error::Timeout => ConnectorError::timeout(error.into()),
        Error::Connect(_) | Error::Broken(_) => ConnectorError::io(error.into()),
        Error::Malformed(_) => ConnectorError::other(error.into(), None),
        Error::Request(_) => ConnectorError::user(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
    use aws_sdk_dynamodb::{
        Client, Config,
        config::{BehaviorVersion, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig},
        error::SdkError,
        operation::list_tables::ListTablesError,
    };
    use transport::testing::{Server, Step};

    use super::*;

    fn is(region: &str, endpoints: &[&str]) -> bool {
        is_amazons(region, endpoints.iter().map(|url| (*url).to_owned()))
    }

    #[test]
    fn amazons_roots_are_enough_in_the_partition_aws() {
        for region in ["us-east-1", "eu-central-2", "ap-southeast-7", "il-central-1", "mx-central-1"] {
            assert!(is(region, &[]), "{region}");
        }
        for region in ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "eu-isoe-west-1", "eusc-de-east-1", ""] {
            assert!(!is(region, &[]), "{region}");
        }
    }

    #[test]
    fn another_endpoint_has_a_certificate_of_its_own() {
        assert!(is("us-east-1", &["http://127.0.0.1:4566"]), "without TLS");
        assert!(!is("us-east-1", &["http://127.0.0.1:4566", "https://dynamodb.example.com"]));
    }

    #[test]
    fn all_of_amazons_roots_can_be_read() {
        assert_eq!(amazons_roots().len(), 5);
    }

    /// Creates a client that sends everything to this address.
    fn dynamodb(url: &str, attempts: u32) -> Client {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(4))
            .build();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .retry_config(RetryConfig::standard().with_max_attempts(attempts))
            .timeout_config(timeouts)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .endpoint_url(url)
            .http_client(client())
            .build();
        Client::from_conf(config)
    }

    async fn ask(dynamodb: &Client) -> Result<Vec<String>, SdkError<ListTablesError>> {
        Ok(dynamodb.list_tables().send().await?.table_names.unwrap_or_default())
    }

    fn tables() -> Step {
        let body = r#"{"TableNames":["t"]}"#;
        Step::answer(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
    }

    fn close() -> Step {
        Step::answer("")
    }

    #[tokio::test]
    async fn a_dead_connection_costs_no_attempt() {
        let server = Server::start([vec![tables(), tables(), close()], vec![tables()]]);
        let dynamodb = dynamodb(&server.url(), 1);
        for _ in 0..3 {
            assert_eq!(ask(&dynamodb).await.expect("an answer"), ["t"]);
        }
        assert_eq!(server.connections(), [0, 0, 0, 1]);
        let requests = server.requests();
        assert_eq!(requests[2].1, requests[3].1, "with the same signature");
    }

    #[tokio::test]
    async fn connections_that_were_closed_while_the_function_was_frozen_cost_no_attempt() {
        let server = Server::start([vec![tables(), Step::Wait], vec![tables()]]);
        let dynamodb = dynamodb(&server.url(), 1);
        assert_eq!(ask(&dynamodb).await.expect("an answer"), ["t"]);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        server.close_and_block(1);
        assert_eq!(ask(&dynamodb).await.expect("an answer"), ["t"]);
        assert_eq!(server.connections(), [0, 1]);
    }

    #[tokio::test]
    async fn services_share_connections() {
        let server = Server::start([vec![tables(), tables()], vec![tables()]]);
        let one = dynamodb(&server.url(), 1);
        let other = Client::from_conf(one.config().to_builder().build());
        assert!(ask(&one).await.is_ok() && ask(&other).await.is_ok());
        assert_eq!(server.connections(), [0, 0]);
    }

    #[tokio::test]
    async fn a_new_connection_that_breaks_is_an_attempt_that_the_sdk_repeats() {
        for (attempts, connections) in [(1, &[0][..]), (2, &[0, 1])] {
            let server = Server::start([vec![close()], vec![tables()]]);
            let result = ask(&dynamodb(&server.url(), attempts)).await;
            assert_eq!(server.connections(), connections);
            match result {
                Ok(_) => assert_eq!(attempts, 2),
                Err(SdkError::DispatchFailure(failure)) => assert!(failure.is_io() && attempts == 1, "{failure:?}"),
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_refused_connection_is_an_io_error() {
        let server = Server::start([]);
        match ask(&dynamodb(&server.url(), 1)).await {
            Err(SdkError::DispatchFailure(failure)) => assert!(failure.is_io(), "{failure:?}"),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_connect_timeout_is_a_timeout() {
        let server = Server::start([vec![Step::Hang]]);
        let dynamodb = dynamodb(&server.url().replace("http:", "https:"), 1);
        tokio::time::pause();
        let started = Instant::now();
        match ask(&dynamodb).await {
            Err(SdkError::DispatchFailure(failure)) => assert!(failure.is_timeout(), "{failure:?}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(started.elapsed().as_secs(), 2);
    }

    #[tokio::test]
    async fn no_answer_in_time_ends_the_attempt_and_the_connection() {
        let server = Server::start([vec![tables(), Step::Hang], vec![tables()]]);
        let dynamodb = dynamodb(&server.url(), 1);
        assert_eq!(ask(&dynamodb).await.expect("an answer"), ["t"]);
        tokio::time::pause();
        assert!(matches!(ask(&dynamodb).await, Err(SdkError::TimeoutError(_))));
        tokio::time::resume();
        server.block_until_requested(2);
        assert_eq!(ask(&dynamodb).await.expect("an answer"), ["t"]);
        assert_eq!(server.connections(), [0, 0, 1]);
    }

    #[tokio::test]
    async fn the_sdk_retries_a_failure_of_the_service_on_another_connection() {
        let failure = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";
        let server = Server::start([vec![Step::answer(failure), tables()], vec![tables()]]);
        assert_eq!(ask(&dynamodb(&server.url(), 2)).await.expect("an answer"), ["t"]);
        assert_eq!(server.connections(), [0, 1]);
    }
}
