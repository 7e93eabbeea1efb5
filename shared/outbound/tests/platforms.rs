//! Checks messages to chat platforms against the platforms' own libraries and schemas, with
//! `tests/receivers/platforms.*`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[path = "../src/chat/untrusted.rs"]
mod untrusted;
#[path = "../../../tests/src/validators.rs"]
mod validators;

use domain::{Kind, Platform};
use outbound::chat::{self, Card};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::{Value, json};
use untrusted::Said;
use validators::Validators;

const KINDS: [Kind; 4] = [Kind::Slack, Kind::Teams, Kind::Discord, Kind::GoogleChat];

fn platform(kind: Kind) -> Platform {
    kind.platform().expect("a platform")
}

fn body(kind: Kind, (notification, severity, at, footer): &Said) -> Value {
    chat::body(platform(kind), &Card { notification, severity, at: *at, footer })
}

fn check(validators: &mut Validators, kind: Kind, body: &Value) {
    if let Err(errors) = validators.check(kind.as_str(), body) {
        panic!("{kind} does not take {body}: {errors:?}");
    }
}

#[test]
fn every_platform_takes_the_example_and_the_extremes() {
    let mut validators = Validators::default();
    let pieces = ["a", "\"", "\\", "&", "<!channel>", "*", "é", "語", "👩\u{200d}👧", "\n- "];
    let extremes = pieces.map(untrusted::huge);
    let all = [untrusted::example(), untrusted::empty()].into_iter().chain(extremes);
    for said in all {
        for kind in KINDS {
            check(&mut validators, kind, &body(kind, &said));
        }
    }
}

#[test]
fn every_platform_takes_what_anyone_may_say() {
    let mut validators = Validators::default();
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let said = untrusted::said().new_tree(&mut runner).expect("a notification").current();
        for kind in KINDS {
            check(&mut validators, kind, &body(kind, &said));
        }
    }
}

/// Shows that the checks of the other tests can fail.
#[test]
fn what_is_wrong_is_refused() {
    let long = |length: usize| Value::from("x".repeat(length));
    let blocks = "/attachments/0/blocks";
    let card = "/attachments/0/content";
    let google = "/cardsV2/0/card";
    let widgets = "/cardsV2/0/card/sections/0/widgets";
    let paragraph = json!({"textParagraph": {"text": "x"}});
    let field = json!({"name": "a", "value": "b", "inline": false});
    let section = json!({"type": "section", "text": {"type": "plain_text", "text": "x", "emoji": false}});
    let many_fields = json!({"type": "section", "fields": vec![section["text"].clone(); 11]});
    let wrong = [
        (Kind::Slack, "/blocks/0/text/text".to_owned(), long(151)),
        (Kind::Slack, "/blocks/0/type".into(), json!("heading")),
        (Kind::Slack, format!("{blocks}/0/text/text"), long(3001)),
        (Kind::Slack, format!("{blocks}/1"), many_fields),
        (Kind::Slack, format!("{blocks}/1/fields/0/text"), long(2001)),
        (Kind::Slack, format!("{blocks}/1/fields"), json!([])),
        (Kind::Slack, format!("{blocks}/0/text"), json!({"type": "plain_text", "text": "x", "style": "bold"})),
        (Kind::Slack, blocks.into(), json!(vec![section; 51])),
        (Kind::Teams, format!("{card}/body/0/style"), json!("red")),
        (Kind::Teams, format!("{card}/body/1/type"), json!("Text")),
        (Kind::Teams, format!("{card}/body/1/inlines/0/colour"), json!("Red")),
        (Kind::Teams, format!("{card}/actions/0"), json!({"type": "Action.OpenUrl", "title": "Open"})),
        (Kind::Teams, format!("{card}/body/1/inlines/0/text"), long(28_000)),
        (Kind::Discord, "/embeds/0/title".into(), long(257)),
        (Kind::Discord, "/embeds/0/description".into(), long(4097)),
        (Kind::Discord, "/embeds/0/description".into(), json!("")),
        (Kind::Discord, "/embeds/0/fields".into(), json!(vec![field; 26])),
        (Kind::Discord, "/embeds/0/fields/0/name".into(), long(257)),
        (Kind::Discord, "/embeds/0/fields/0/value".into(), long(1025)),
        (Kind::Discord, "/embeds/0/fields/0/value".into(), json!("")),
        (Kind::Discord, "/embeds/0/url".into(), json!("javascript:alert(1)")),
        (Kind::Discord, "/embeds/0/color".into(), json!("red")),
        (Kind::Discord, "/embeds/0/small".into(), json!("x")),
        (Kind::Discord, "/allowed_mentions/parse".into(), json!(["everyone"])),
        (Kind::GoogleChat, widgets.into(), json!([])),
        (Kind::GoogleChat, widgets.into(), json!(vec![paragraph; 101])),
        (Kind::GoogleChat, format!("{widgets}/0/textParagraph/text"), json!(5)),
        (Kind::GoogleChat, format!("{widgets}/0/textParagraph/text"), long(32_000)),
        (Kind::GoogleChat, format!("{widgets}/0"), json!({"paragraph": {"text": "x"}})),
        (Kind::GoogleChat, format!("{google}/header/image"), json!("x")),
        (Kind::GoogleChat, format!("{google}/header/title"), json!("")),
    ];
    let mut validators = Validators::default();
    for (kind, path, value) in wrong {
        let mut body = body(kind, &untrusted::example());
        let (parent, key) = path.rsplit_once('/').expect("a path");
        match body.pointer_mut(parent).expect("something at the path") {
            Value::Array(list) => list[key.parse::<usize>().expect("a place")] = value,
            object => object[key] = value,
        }
        assert!(validators.check(kind.as_str(), &body).is_err(), "{kind} takes a wrong {path}");
    }
}
