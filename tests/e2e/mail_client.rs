//! The TypeScript client against the deployed system: the examples of its reference, unmodified, and every call of the
//! package. The calls are in `clients/typescript/test/live.ts`.

use std::path::Path;

use e2e::{Operator, variable};
use tokio::process::Command;

#[tokio::test]
async fn every_call_of_the_typescript_client_works() {
    let operator = Operator::create().await;
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/typescript");
    let ended = Command::new("node")
        .arg("build/test/live.js")
        .current_dir(package)
        .env("API_URL", variable("API_URL"))
        .env("API_KEY", operator.key.expect("a key"))
        .output()
        .await
        .expect("node");
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && out.ends_with("all calls succeeded\n"), "{out}{err}");
}
