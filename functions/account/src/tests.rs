//! The routes of the function as they are served, on a scripted AWS.

use api::{Envelope, snapshot, testing::Caller};
use domain::{Role, testing};
use serde_json::json;
use store::testing::Cloud;

use crate::App;

pub(crate) fn serve(cloud: &Cloud, role: Role) -> Caller {
    let app = App::new(&cloud.aws).expect("an app");
    Caller::new(cloud, role, (Envelope::Stack, app, crate::routes()))
}

#[tokio::test]
async fn a_key_says_whose_it_is() {
    let cloud = Cloud::new();
    snapshot!(serve(&cloud, Role::Viewer).get("/v1/whoami").await);
    let key = cloud.key(Role::Editor, &["config:write"], Some("web"));
    let of_project = serve(&cloud, Role::Editor).with_key(key).get("/v1/whoami").await;
    assert_eq!(
        (&of_project.body["project_id"], &of_project.body["permissions"]),
        (&json!("web"), &json!(["config:write"]))
    );
}

#[tokio::test]
async fn an_overview_says_what_needs_attention() {
    let cloud = Cloud::new();
    let unhealthy = Some(domain::Unhealthy::new(domain::time::now(), "answered 500", None));
    let to = domain::Destination { unhealthy, ..testing::webhook(cloud.operator.id) };
    cloud.destination(&to);
    cloud.rule(&testing::rule(&[&to]));
    let mut answer = serve(&cloud, Role::Viewer).get("/v1/overview?hours=1").await;
    answer.body["buckets"] = json!(answer.body["buckets"].as_array().map(Vec::len));
    answer.body["attention"][0]["title"] = json!("[title]");
    snapshot!(answer);
}

#[tokio::test]
async fn a_time_span_has_a_limit() {
    let cloud = Cloud::new();
    snapshot!(serve(&cloud, Role::Viewer).get("/v1/overview?hours=169").await);
}
