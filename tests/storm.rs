//! A hundred requests at once about one code.
//!
//! A test program of its own: for each request that has to wait, the local cloud starts a process more.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use e2e::{Operator, inbox::another_code};
use futures::future::join_all;

#[tokio::test]
async fn of_a_hundred_guesses_at_once_at_most_five_are_judged() {
    let operator = Operator::create().await;
    let (path, code) = operator.with_code().await;
    let guesses = (1..=100).map(|by| {
        let (operator, path, guess) = (&operator, &path, another_code(&code, by));
        async move { operator.verify(path, &guess).await.error(400).1 }
    });
    let answers = join_all(guesses).await;
    let count = |word: &str| answers.iter().filter(|answer| *answer == word).count();
    // A try that was taken and whose answer was lost on the way is gone: fewer may be judged, and never more.
    let judged = count("code_wrong");
    assert!((1..=5).contains(&judged), "{judged}");
    assert_eq!(judged + count("code_spent"), 100);
    assert_eq!(operator.verify(&path, &code).await.error(400).1, "code_spent", "the right one too");
    assert_eq!(operator.get(&path).await.expect(200)["verified"], false);
}

#[tokio::test]
async fn of_the_right_code_a_hundred_times_at_once_one_is_taken() {
    let operator = Operator::create().await;
    let (path, code) = operator.with_code().await;
    let answers = join_all((0..100).map(|_| operator.verify(&path, &code))).await;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(taken, 1);
    assert!(
        answers.into_iter().filter(|answer| answer.status != 200).all(|answer| answer.error(400).1 == "code_spent")
    );
}
