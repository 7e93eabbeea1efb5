//! No credential appears in anything that the system writes. The test puts markers into every field for credentials,
//! and searches for them in every answer, every row and every log line.

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri},
    response::IntoResponse,
};
use domain::{ApiKind, Platform};
use e2e::{Operator, aws, eventually, eventually_seldom, platform::Played, variable};
use serde_json::{Value, json};

use crate::{
    logs::logged_by,
    project_channels,
    provider_send::notification,
    providers::{self, destination_id},
};

/// Starts a receiver that echoes each request in its answer, as some do, with this status.
async fn echo(status: StatusCode) -> String {
    let answer = move |uri: Uri, headers: HeaderMap, _: Bytes| async move {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        (status, format!("{uri} {}", headers.join("; "))).into_response()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let app = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

fn marker(n: usize) -> String {
    format!("planted{n:02}x{:08x}", rand::random::<u32>())
}

/// Every row of a table that contains this operator's id.
async fn rows(table: &str, operator: &str) -> Vec<Value> {
    let mut request = json!({"TableName": variable(table)});
    let mut rows = vec![];
    loop {
        let page = aws::call("dynamodb", "DynamoDB_20120810.Scan", request.clone()).await;
        let items = page["Items"].as_array().expect("items").iter();
        rows.extend(items.filter(|item| item.to_string().contains(operator)).cloned());
        if page["LastEvaluatedKey"].is_null() {
            return rows;
        }
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
    }
}

#[tokio::test]
async fn markers_in_every_credential_are_found_nowhere() {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_millis();
    let markers: Vec<_> = (0..40).map(marker).collect();
    let mut next = markers.iter();
    let mut plant = || next.next().expect("enough markers").clone();
    let operator = Operator::create_with_plan("pro").await;
    let (tenant, project) = (operator.from_page(), operator.in_project("web"));
    let (accepting, failing) = (echo(StatusCode::OK).await, echo(StatusCode::INTERNAL_SERVER_ERROR).await);
    let mut answers: Vec<String> = vec![];
    let mut ids = vec![];

    // Every kind of every API, with a receiver that accepts and one that fails, both of which echo what they got.
    for url in [&accepting, &failing] {
        for platform in Platform::of_api(ApiKind::Providers) {
            let played = Played::of(platform);
            let config = json!({"webhookUrl": format!("{url}/{}", played.path_with(&mut plant))});
            ids.push((providers::make(&tenant, played.name(), config).await, true));
        }
        let headers = json!({"X-Token": plant(), "X-Other": format!("v={}", plant())});
        let config = json!({"url": format!("{url}/hook?token={}", plant()), "secret": plant(), "headers": headers});
        ids.push((providers::make(&tenant, "webhook", config).await, true));
    }
    let providers: Vec<_> = Platform::of_api(ApiKind::Providers).collect();
    for platform in Platform::of_api(ApiKind::Config).filter(|platform| !providers.contains(platform)) {
        let played = Played::of(platform);
        let credentials = json!({"webhookUrl": format!("{failing}/{}", played.path_with(&mut plant))});
        let body =
            json!({"type": played.name(), "name": "chat", "severityThreshold": "low", "credentials": credentials});
        ids.push((project_channels::make(&project, body).await, false));
    }
    let credentials = json!({"url": format!("{failing}/in?k={}", plant()), "authHeader": format!("Bearer {}", plant()), "hmacSecret": plant()});
    let body = json!({"type": "webhook", "name": "hook", "severityThreshold": "low", "credentials": credentials});
    ids.push((project_channels::make(&project, body).await, false));

    // All actions with an answer: show, list, change, test, send and rejected changes.
    let provider_ids: Vec<_> = ids.iter().filter(|(_, provider)| *provider).map(|(id, _)| id.clone()).collect();
    let send = json!({"providerIds": provider_ids, "notification": notification()});
    answers.push(tenant.post("/api/v1/notifications/send", send).await.json.to_string());
    let uuids: Vec<_> = ids.iter().map(|(id, _)| &**id).collect();
    let rule = operator.rule("custom.planted", &uuids).await;
    let event = operator.event("custom.planted", json!({"title": "x"})).await;
    for (id, provider) in &ids {
        let (who, path) = match provider {
            true => (&tenant, providers::of(id, "")),
            false => (&project, project_channels::of(id, "")),
        };
        answers.push(who.post_empty(&format!("{path}/test")).await.json.to_string());
        // Rejected changes, with an invalid credential of each kind.
        let secret = plant_wrong(&markers[0]);
        for config in [
            json!({"webhookUrl": secret, "url": secret}),
            json!({"secret": [markers[0]]}),
            json!({"headers": {"Host": markers[0]}}),
        ] {
            let refused = match provider {
                true => who.patch(&path, json!({ "config": config })).await,
                false => who.put(&path, json!({ "credentials": config })).await,
            };
            assert!(matches!(refused.status, 400 | 422), "{}", refused.json);
            answers.push(refused.json.to_string());
        }
        let name = if *provider {
            who.patch(&path, json!({"name": "new"})).await
        } else {
            who.put(&path, json!({"name": "new"})).await
        };
        answers.push(name.expect(200).to_string());
        // The attempts for the rule are in the log, with the answer of the receiver.
        let log = eventually("an attempt by the rule", async || {
            let page = who.get(&format!("{path}/deliveries")).await.expect(200);
            let rows = page["data"].as_array().expect("data").clone();
            let done = |row: &Value| {
                row["eventId"] == event && matches!(row["state"].as_str(), Some("succeeded" | "abandoned"))
            };
            rows.iter().any(done).then_some(page)
        })
        .await;
        answers.push(log.to_string());
        answers.push(who.get(&path).await.expect(200).to_string());
    }
    answers.push(tenant.get(providers::PATH).await.expect(200).to_string());
    answers.push(project.get(project_channels::PATH).await.expect(200).to_string());
    answers.push(operator.get("/v1/notifications/channels").await.expect(200).to_string());
    answers.push(operator.get(&format!("/v1/notifications/channels/{rule}")).await.expect(200).to_string());
    answers.push(operator.get("/v1/events?limit=100").await.expect(200).to_string());

    // The echoes are stored, so that the search could find something.
    assert!(answers.concat().contains("content-type: application/json") && answers.concat().contains("••••••••"));
    let mut written: Vec<(&str, String)> = answers.into_iter().map(|answer| ("an answer", answer)).collect();
    for table in ["ACCOUNTS_TABLE", "DESTINATIONS_TABLE", "CHANNELS_TABLE", "EVENTS_TABLE", "DELIVERIES_TABLE"] {
        let found = rows(table, &operator.id).await;
        assert!(!found.is_empty(), "{table}");
        written.extend(found.into_iter().map(|row| (table, row.to_string())));
    }
    let lines = eventually_seldom("the lines of the last attempts", async || {
        let lines = logged_by("", "", since).await;
        let last = destination_id(&ids[ids.len() - 1].0);
        let delivery = last.replace("ndst_", "dlv_");
        lines.iter().any(|line| line.contains("\"attempt\"") && line.contains(&delivery)).then_some(lines)
    })
    .await;
    written.extend(lines.into_iter().map(|line| ("a log line", line)));
    for (what, text) in &written {
        for marker in &markers {
            assert!(!text.contains(&**marker), "{marker} is in {what}: {text}");
        }
    }
}

/// An invalid URL that contains a marker.
fn plant_wrong(marker: &str) -> String {
    format!("ftp://example.com/{marker}")
}
