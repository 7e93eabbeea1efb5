//! Operations on a scripted AWS: what is refused before anything is written, and the order of writes.

use domain::{
    ApiKind, Delivery, DeliveryId, DeliveryState, Destination, EventId, Unhealthy,
    destination::{Sealed, Signing},
    lifecycle::Fate,
    testing,
    time::now,
};
use store::testing::Cloud;

use crate::{DestinationService, Error, Recovery, testing::Tested};

fn email(cloud: &Cloud) -> Destination {
    Destination { operator_id: cloud.operator.id, ..testing::email("a@example.com") }
}

fn unhealthy(to: Destination) -> Destination {
    Destination { unhealthy: Some(Unhealthy::new(now(), "answered 500", None)), ..to }
}

#[tokio::test]
async fn no_code_is_sent_where_none_is_needed() {
    let cloud = Cloud::new();
    let service = DestinationService::from_env(&cloud.aws).expect("a service");
    let to_webhook = service.send_code(&testing::webhook(cloud.operator.id)).await;
    assert!(matches!(to_webhook, Err(Error::NoCodeNeeded)));
    assert!(matches!(service.send_code(&email(&cloud)).await, Err(Error::AlreadyVerified)));
    assert!(cloud.operations().iter().all(|operation| operation == "GetItem"), "{:?}", cloud.operations());
}

#[tokio::test]
async fn an_address_is_verified_by_a_code_only() {
    let cloud = Cloud::new();
    let service = DestinationService::from_env(&cloud.aws).expect("a service");
    let to = Destination { verified_at: None, ..email(&cloud) };
    assert!(matches!(service.verify(&to, None).await, Err(Error::CodeRequired)));
    assert!(cloud.operations().is_empty());
}

#[tokio::test]
async fn an_unverified_destination_is_not_tested() {
    let cloud = Cloud::new();
    let service = DestinationService::from_env(&cloud.aws).expect("a service");
    let to = Destination { verified_at: None, ..testing::webhook(cloud.operator.id) };
    assert!(matches!(service.test(&to).await, Err(Error::Unverified)));
    assert!(cloud.operations().is_empty());
}

#[tokio::test]
async fn a_secret_is_not_rotated_where_there_is_none_or_somebody_else_rotates_it() {
    let cloud = Cloud::new();
    let service = DestinationService::from_env(&cloud.aws).expect("a service");
    assert!(matches!(service.rotate_secret(&email(&cloud), false).await, Err(Error::NoSecret(_))));
    cloud.refuse_writes("ConditionalCheckFailedException");
    let signing = Some(Signing::new(Sealed(vec![1])));
    let to = Destination { signing, ..testing::webhook(cloud.operator.id) };
    assert!(matches!(service.rotate_secret(&to, false).await, Err(Error::RotatedMeanwhile)));
}

#[tokio::test]
async fn an_unhealthy_destination_is_not_recovered() {
    let cloud = Cloud::new();
    let recovery = Recovery::from_env(&cloud.aws).expect("a recovery");
    let to = unhealthy(testing::webhook(cloud.operator.id));
    let shards = domain::shard::EventsOf::new(to.operator_id, None).shards;
    assert!(matches!(recovery.recover(&to, shards, now()).await, Err(Error::NotReceiving(ApiKind::Stack))));
    assert!(cloud.operations().is_empty());
}

#[tokio::test]
async fn a_delivery_is_queued_before_its_row_says_so() {
    let cloud = Cloud::new();
    let recovery = Recovery::from_env(&cloud.aws).expect("a recovery");
    let to = testing::webhook(cloud.operator.id);
    cloud.destination(&to);
    let id = DeliveryId::new(to.id, EventId::generate());
    let event_type = testing::event_types(&["custom.a"]).remove(0);
    let new = Delivery::new(id, to.operator_id, &event_type, to.api, Fate::Send, now());
    let abandoned = Delivery { state: DeliveryState::Abandoned, ..new };
    let queued = recovery.retry(abandoned.clone(), false).await.expect("queued");
    assert_eq!(queued.state, DeliveryState::Pending);
    assert_eq!(cloud.operations(), ["GetItem", "SendMessage", "BatchExecuteStatement"]);
    let arrived = Delivery { state: DeliveryState::Succeeded, ..abandoned };
    assert!(matches!(recovery.retry(arrived, false).await, Err(Error::NotRetryable(_))));
}

#[tokio::test]
async fn a_test_and_a_verification_are_logged_whatever_their_outcome() {
    let cloud = Cloud::new();
    let service = DestinationService::from_env(&cloud.aws).expect("a service");
    // The scripted setup refuses private addresses, so that the attempt fails at once.
    let to = Destination { destination: "https://127.0.0.1/".into(), ..testing::webhook(cloud.operator.id) };
    let tested = service.test(&to).await.expect("an attempt");
    assert!(matches!(tested, Tested::Attempted { delivery_id: Some(id), .. } if id.destination == to.id));
    assert!(matches!(service.verify(&to, None).await, Err(Error::VerificationFailed(_))));
    let written = cloud.calls("BatchExecuteStatement");
    let kinds: Vec<_> = ["test", "verification"].into_iter().collect();
    assert_eq!(written.len(), kinds.len());
    for (call, kind) in written.iter().zip(kinds) {
        let statement = &call.body["Statements"][0];
        let text = statement["Statement"].as_str().unwrap_or_default();
        assert!(text.starts_with("INSERT INTO \"deliveries\"") && !text.contains("state_key"), "{text}");
        let parameters = statement["Parameters"].to_string();
        assert!(parameters.contains(&format!("{{\"S\":\"{kind}\"}}")), "{parameters}");
    }
}
