//! What a report changes, on a scripted AWS.

use domain::{
    Delivery, DeliveryId, Destination, EventId,
    feedback::{Feedback, Outcome},
    lifecycle::Fate,
    testing,
    time::{from_millis, now},
};
use service::health::Completion;
use store::testing::Cloud;

use crate::App;

/// An email destination of the operator, verified long ago.
fn email(cloud: &Cloud) -> Destination {
    let to = Destination {
        operator_id: cloud.operator.id,
        verified_at: Some(from_millis(0)),
        ..testing::email("a@example.com")
    };
    cloud.destination(&to);
    to
}

fn bounce(to: &Destination, delivery_id: Option<DeliveryId>) -> Feedback {
    let addresses = vec![to.destination.clone()];
    let permanent = Outcome::Bounced { addresses, detail: "550 user unknown".into(), hard: true, at: now() };
    Feedback {
        message_id: "ses-1".into(),
        sent_at: now(),
        operator_id: Some(to.operator_id),
        destination_id: Some(to.id),
        delivery_id,
        mail_id: None,
        log_only: false,
        outcome: permanent,
    }
}

#[tokio::test]
async fn a_bounce_suppresses_the_address_and_makes_its_destination_unhealthy() {
    let cloud = Cloud::new();
    let app = App::new(&cloud.aws).expect("an app");
    let to = email(&cloud);
    assert_eq!(app.apply(&bounce(&to, None)).await.expect("applied"), Completion::Complete);
    assert_eq!(cloud.calls("PutItem").len(), 2, "the suppression, and the operator's own address to notify");
    let unhealthy = cloud.calls("UpdateItem").iter().any(|call| call.body.to_string().contains("550 user unknown"));
    assert!(unhealthy, "{:?}", cloud.operations());
}

#[tokio::test]
async fn a_report_from_before_the_last_verification_changes_nothing() {
    let cloud = Cloud::new();
    let app = App::new(&cloud.aws).expect("an app");
    let mut feedback = bounce(&email(&cloud), None);
    if let Outcome::Bounced { at, .. } = &mut feedback.outcome {
        *at = from_millis(-1);
    }
    assert_eq!(app.apply(&feedback).await.expect("applied"), Completion::Complete);
    assert!(cloud.calls("PutItem").is_empty() && cloud.calls("UpdateItem").is_empty());
}

#[tokio::test]
async fn a_report_about_a_mail_of_somebody_else_changes_nothing() {
    let cloud = Cloud::new();
    let app = App::new(&cloud.aws).expect("an app");
    let feedback = Feedback { operator_id: None, ..bounce(&email(&cloud), None) };
    assert_eq!(app.apply(&feedback).await.expect("applied"), Completion::Complete);
    assert!(cloud.operations().is_empty());
}

#[tokio::test]
async fn a_bounce_that_overtakes_the_record_of_its_attempt_comes_back_later() {
    let cloud = Cloud::new();
    let app = App::new(&cloud.aws).expect("an app");
    let to = email(&cloud);
    let id = DeliveryId::new(to.id, EventId::generate());
    assert_eq!(app.apply(&bounce(&to, Some(id))).await.expect("applied"), Completion::Repeat, "no row yet");
    let event_type = testing::event_types(&["custom.a"]).remove(0);
    let row = Delivery::new(id, to.operator_id, &event_type, to.api, Fate::Send, now());
    cloud.delivery(&row);
    assert_eq!(app.apply(&bounce(&to, Some(id))).await.expect("applied"), Completion::Repeat, "no attempt yet");
}
