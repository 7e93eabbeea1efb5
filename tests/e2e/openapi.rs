//! The API's OpenAPI document.

use e2e::Operator;
use reqwest::Method;

#[test]
fn the_committed_document_matches_the_code() {
    let committed = include_str!("../../infra/openapi.json");
    assert!(committed == xtask::openapi::openapi(), "infra/openapi.json is out of date: run `make openapi`");
}

#[tokio::test]
async fn the_document_is_served_without_a_key() {
    let nobody = Operator { id: String::new(), key: None, headers: vec![], shards: 1 };
    let text = nobody.request(Method::GET, "/openapi.json", &[], None).await.expect(200);
    assert_eq!(text["openapi"], "3.1.0");
    for path in ["/v1/notifications/destinations", "/v1/notifications/channels/{id}", "/v1/events"] {
        assert!(text["paths"][path].is_object(), "{path}");
    }
}
