//! A hundred concurrent requests about one code.
//!
//! A separate test program, with one storm after the other: the local cloud starts a process for each request that has
//! to wait.
#![allow(clippy::expect_used, reason = "a test that cannot continue panics")]

use e2e::{Answer, Operator, inbox::another_code};
use futures::future::join_all;
use tokio::sync::Mutex;

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Verifies with a code. Retries, as any caller would, while the machine is too busy to answer.
async fn verify(operator: &Operator, path: &str, code: &str) -> Answer {
    const TRIES: usize = 20;
    for _ in 1..TRIES {
        let answer = operator.verify(path, code).await;
        if answer.status < 500 {
            return answer;
        }
    }
    operator.verify(path, code).await
}

#[tokio::test]
async fn at_most_five_of_a_hundred_concurrent_guesses_are_checked() {
    let _storm = ONE_AT_A_TIME.lock().await;
    let operator = Operator::create().await;
    let (path, code) = operator.with_code().await;
    let guesses = (1..=100).map(|by| {
        let (operator, path, guess) = (&operator, &path, another_code(&code, by));
        async move { verify(operator, path, &guess).await.error(400).1 }
    });
    let answers = join_all(guesses).await;
    let count = |word: &str| answers.iter().filter(|answer| *answer == word).count();
    // A check whose answer was lost is not counted: fewer checks may be visible, but never more.
    let checked = count("code_wrong");
    assert!((1..=5).contains(&checked), "{checked}");
    assert_eq!(checked + count("code_spent"), 100);
    assert_eq!(verify(&operator, &path, &code).await.error(400).1, "code_spent", "the correct code, too");
    assert_eq!(operator.get(&path).await.expect(200)["verified"], false);
}

#[tokio::test]
async fn one_of_a_hundred_concurrent_correct_codes_is_accepted() {
    let _storm = ONE_AT_A_TIME.lock().await;
    let operator = Operator::create().await;
    let (path, code) = operator.with_code().await;
    let answers = join_all((0..100).map(|_| verify(&operator, &path, &code))).await;
    let accepted = answers.iter().filter(|answer| answer.status == 200).count();
    // No visible success, if its answer was lost.
    assert!(accepted <= 1, "{accepted}");
    assert_eq!(operator.get(&path).await.expect(200)["verified"], true);
    let others = answers.into_iter().filter(|answer| answer.status != 200);
    others.for_each(|answer| assert_eq!(answer.error(400).1, "code_spent"));
}
