//! A hundred requests at once about one code.
//!
//! A test program of its own, and one storm after the other: for each request that has to wait, the local cloud starts a
//! process more.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use e2e::{Answer, Operator, inbox::another_code};
use futures::future::join_all;
use tokio::sync::Mutex;

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Verifies by a code; asks again, as any caller would, when the machine is too busy to answer.
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
async fn of_a_hundred_guesses_at_once_at_most_five_are_judged() {
    let _storm = ONE_AT_A_TIME.lock().await;
    let operator = Operator::create().await;
    let (path, code) = operator.with_code().await;
    let guesses = (1..=100).map(|by| {
        let (operator, path, guess) = (&operator, &path, another_code(&code, by));
        async move { verify(operator, path, &guess).await.error(400).1 }
    });
    let answers = join_all(guesses).await;
    let count = |word: &str| answers.iter().filter(|answer| *answer == word).count();
    // A try that was taken and whose answer was lost on the way is gone: fewer may be judged, and never more.
    let judged = count("code_wrong");
    assert!((1..=5).contains(&judged), "{judged}");
    assert_eq!(judged + count("code_spent"), 100);
    assert_eq!(verify(&operator, &path, &code).await.error(400).1, "code_spent", "the right one too");
    assert_eq!(operator.get(&path).await.expect(200)["verified"], false);
}

#[tokio::test]
async fn one_of_a_hundred_concurrent_correct_codes_is_accepted() {
    let _storm = ONE_AT_A_TIME.lock().await;
    let operator = Operator::create().await;
    let (path, code) = operator.with_code().await;
    let answers = join_all((0..100).map(|_| verify(&operator, &path, &code))).await;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    // None, if the answer to the one was lost on the way.
    assert!(taken <= 1, "{taken}");
    assert_eq!(operator.get(&path).await.expect(200)["verified"], true);
    let others = answers.into_iter().filter(|answer| answer.status != 200);
    others.for_each(|answer| assert_eq!(answer.error(400).1, "code_spent"));
}
