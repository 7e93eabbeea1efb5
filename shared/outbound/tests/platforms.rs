//! Checks messages to chat platforms with the platforms' own libraries and schemas, in `tests/receivers/checks`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use domain::Platform;
use outbound::{
    chat::{self, Card},
    testing::{
        Played, Validators,
        untrusted::{self, Said},
    },
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::Value;

fn body(platform: Platform, (notification, severity, at, footer): &Said) -> Value {
    chat::body(platform, &Card { notification, severity, at: *at, footer })
}

fn check(validators: &mut Validators, platform: Platform, body: &Value) {
    let name = platform.descriptor().name;
    if let Err(errors) = validators.check(name, body) {
        panic!("{name} does not accept {body}: {errors:?}");
    }
}

#[test]
fn every_platform_takes_the_example_and_the_extremes() {
    let mut validators = Validators::default();
    let pieces = ["a", "\"", "\\", "&", "<!channel>", "*", "é", "語", "👩\u{200d}👧", "\n- "];
    let extremes = pieces.map(untrusted::huge);
    let all = [untrusted::example(), untrusted::empty()].into_iter().chain(extremes);
    for said in all {
        for platform in Platform::ALL {
            check(&mut validators, platform, &body(platform, &said));
        }
    }
}

#[test]
fn every_platform_takes_what_anyone_may_say() {
    let mut validators = Validators::default();
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let said = untrusted::said().new_tree(&mut runner).expect("a notification").current();
        for platform in Platform::ALL {
            check(&mut validators, platform, &body(platform, &said));
        }
    }
}

#[test]
fn nothing_that_a_platform_would_interpret_is_in_a_message() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let (notification, _, at, _) = untrusted::said().new_tree(&mut runner).expect("a notification").current();
        // The severity and the ids are not event text, and Discord's footer renders no markup.
        let said = (notification, "high".to_owned(), at, "evt_1".to_owned());
        for platform in Platform::ALL {
            let text = body(platform, &said).to_string();
            for live in Played::of(platform).live {
                assert!(!text.contains(live), "{platform:?}: {live}: {text}");
            }
        }
    }
}

/// Shows that the checks of the other tests can fail.
#[test]
fn what_is_wrong_is_refused() {
    let mut validators = Validators::default();
    for platform in Platform::ALL {
        let played = Played::of(platform);
        let invalid = (played.invalid)();
        assert!(invalid.len() >= 5, "{}: too few invalid messages", played.name());
        for (path, value) in invalid {
            let mut body = body(platform, &untrusted::example());
            let (parent, key) = path.rsplit_once('/').expect("a path");
            match body.pointer_mut(parent).expect("something at the path") {
                Value::Array(list) => list[key.parse::<usize>().expect("a place")] = value,
                object => object[key] = value,
            }
            assert!(validators.check(played.name(), &body).is_err(), "{} takes a wrong {path}", played.name());
        }
    }
}
