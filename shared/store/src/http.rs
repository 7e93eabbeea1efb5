//! The one HTTP client of all services of AWS, and whom it trusts.
//!
//! The endpoints of the partition `aws` have certificates of Amazon Trust Services, whose five roots AWS names for those
//! who trust no others: <https://www.amazontrust.com/repository/>. To read the system's 140 roots instead takes longer
//! than all else at a function's start.

use std::env;

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
    runtime_components::RuntimeComponents,
};

/// Amazon Root CA 1 to 4, and Starfield Services Root Certificate Authority - G2; the first of them ends in 2037.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");
/// The first parts of the names of the regions of the partition `aws`, from the SDK's `partitions.json`.
const PARTITION_AWS: [&str; 9] = ["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"];

/// A client for the region and the endpoints that the environment names. It uses no proxy.
pub(crate) fn client() -> impl HttpClient + 'static {
    let region = env::var("AWS_REGION").unwrap_or_default();
    // One for all services, or one for each: AWS_ENDPOINT_URL_DYNAMODB.
    let endpoints = env::vars().filter(|(name, _)| name.starts_with("AWS_ENDPOINT_URL")).map(|(_, url)| url);
    let trust = match is_amazons(&region, endpoints) {
        true => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
        false => TrustStore::default(),
    };
    // Building it has an error in its type and none in fact; the default trusts the system's roots.
    let context = TlsContext::builder().with_trust_store(trust).build().unwrap_or_default();
    Deferred(Builder::new().tls_provider(Provider::rustls(CryptoMode::AwsLc)).tls_context(context).build_https())
}

/// Whether all that is called over TLS has a certificate of Amazon Trust Services.
fn is_amazons(region: &str, mut endpoints: impl Iterator<Item = String>) -> bool {
    let parts: Vec<_> = region.split('-').collect();
    // Other partitions' regions have another first part, or four: cn-north-1, us-gov-west-1.
    let in_partition = matches!(parts[..], [first, _, _] if PARTITION_AWS.contains(&first));
    in_partition && endpoints.all(|url| url.starts_with("http://"))
}

/// A client that is not tried out whenever a service's client is made, which would set TLS up for nothing each time.
#[derive(Debug)]
struct Deferred(SharedHttpClient);

impl HttpClient for Deferred {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[cfg(test)]
mod tests {
    use super::is_amazons;

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
}
