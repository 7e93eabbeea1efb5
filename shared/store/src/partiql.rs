//! Batches of conditional writes. `BatchExecuteStatement` executes up to 25 in one call, each with its own condition.
//! `BatchWriteItem` has no conditions, and `TransactWriteItems` costs twice the write units.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client, Config,
    config::retry::RetryConfig,
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::batch_execute_statement::BatchExecuteStatementError,
    types::{AttributeValue, BatchStatementError, BatchStatementErrorCodeEnum, BatchStatementRequest},
};
use backon::{BackoffBuilder, ExponentialBuilder};
use futures::{StreamExt, stream};
use tokio::time::Instant;

use crate::{error::aws, item::Item};

/// The maximum number of statements in one call: a limit of DynamoDB.
const MAX_STATEMENTS: usize = 25;

/// The maximum number of concurrent calls.
const MAX_CALLS: usize = 8;

/// The result of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The statement was executed.
    Yes,
    /// The condition failed. For an insert, this means that the row exists.
    Refused,
    /// The condition failed after an earlier try with an unknown outcome, which may have executed the statement. Read
    /// the row to find out.
    Unsure,
    /// Every try failed, and the time is up.
    Failed(String),
}

impl Written {
    /// Returns the error, if the statement failed.
    pub fn failure(self) -> Option<String> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Yes | Self::Refused | Self::Unsure => None,
        }
    }
}

/// The deadline for a request's writes, which is short because the caller is waiting.
pub fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

/// A conditional write.
#[derive(Debug, Clone)]
pub struct Statement {
    text: String,
    parameters: Vec<AttributeValue>,
}

impl Statement {
    /// Inserts a row, unless its key exists.
    pub(crate) fn insert(table: &str, item: Item) -> Self {
        let mut names = Vec::with_capacity(item.len());
        let mut parameters = Vec::with_capacity(item.len());
        // Sorted, so that rows of the same shape share one statement text.
        let sorted: std::collections::BTreeMap<_, _> = item.into_iter().collect();
        for (name, value) in sorted {
            names.push(format!("'{name}': ?"));
            parameters.push(value);
        }
        Self { text: format!("INSERT INTO \"{table}\" VALUE {{{}}}", names.join(", ")), parameters }
    }

    /// Any other statement. The parameters are in the order of their question marks.
    pub(crate) fn new(text: String, parameters: Vec<AttributeValue>) -> Self {
        Self { text, parameters }
    }
}

/// Executes statements, 25 in a call, with several concurrent calls. Returns one result per statement, in order.
///
/// Failures are retried until `until`, with growing pauses: single statements that were throttled, or a whole call that
/// failed. DynamoDB may throttle some statements of a call and execute the others.
pub async fn execute(client: &Client, statements: Vec<Statement>, until: Instant) -> Vec<Written> {
    let count = statements.len().div_ceil(MAX_STATEMENTS);
    let mut statements = statements.into_iter();
    // Moved rather than copied: an event may be a quarter of a megabyte.
    let chunks = (0..count).map(|_| statements.by_ref().take(MAX_STATEMENTS).collect::<Vec<_>>());
    let calls = stream::iter(chunks.collect::<Vec<_>>()).map(|chunk| execute_chunk(client, chunk, until));
    let answers: Vec<_> = calls.buffered(MAX_CALLS).collect().await;
    answers.into_iter().flatten().collect()
}

/// The pauses between tries: 50 ms, doubled each time up to one second, plus up to the same again at random.
fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(1))
        .without_max_times()
        .with_jitter()
        .build()
}

/// Executes the statements of one call.
async fn execute_chunk(client: &Client, statements: Vec<Statement>, until: Instant) -> Vec<Written> {
    let mut written = vec![Written::Failed("there was no time to try".into()); statements.len()];
    let mut left: Vec<_> = statements.into_iter().enumerate().collect();
    // Whether an earlier try may have executed the remaining statements.
    let mut unsure = false;
    for pause in pauses() {
        let may_pass = match call(client, left.iter().map(|(_, statement)| statement)).await {
            Ok(answers) => {
                let (mut answers, mut lost) = (answers.into_iter(), false);
                left.retain(|(place, _)| {
                    let answer = answers.next().unwrap_or(Answer::Failed(Failure::unknown("was not answered")));
                    written[*place] = answer.written(unsure);
                    lost |= answer.unsure();
                    answer.may_pass()
                });
                unsure |= lost;
                !left.is_empty()
            }
            Err(failure) => {
                left.iter().for_each(|(place, _)| written[*place] = Written::Failed(failure.error.clone()));
                unsure |= failure.unsure;
                failure.may_pass
            }
        };
        if !may_pass || Instant::now() + pause >= until {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    written
}

/// Why a statement or a whole call failed.
#[derive(Debug, Clone)]
struct Failure {
    error: String,
    /// Whether the statement may have been executed anyway.
    unsure: bool,
    /// Whether a retry may succeed.
    may_pass: bool,
}

impl Failure {
    /// A failure that leaves open which statements were executed.
    fn unknown(error: impl Into<String>) -> Self {
        Self { error: error.into(), unsure: true, may_pass: true }
    }

    /// A request that could not be built.
    fn wrong(error: BuildError) -> Self {
        Self { error: error.to_string(), unsure: false, may_pass: false }
    }

    /// The failure of a whole call. A throttled or otherwise invalid call has executed nothing.
    fn of(error: SdkError<BatchExecuteStatementError>) -> Self {
        const THROTTLES: [&str; 3] =
            ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"];
        let refused = error.raw_response().is_some_and(|response| response.status().is_client_error());
        let throttled = error.code().is_some_and(|code| THROTTLES.contains(&code));
        let text = aws("BatchExecuteStatement")(error).to_string();
        Self { error: text, unsure: !refused, may_pass: !refused || throttled }
    }
}

async fn call(client: &Client, statements: impl Iterator<Item = &Statement>) -> Result<Vec<Answer>, Failure> {
    let request = |Statement { text, parameters }: &Statement| {
        let request = BatchStatementRequest::builder().statement(text).set_parameters(Some(parameters.clone()));
        request.build().map_err(Failure::wrong)
    };
    let requests: Vec<_> = statements.map(request).collect::<Result<_, _>>()?;
    let expected = requests.len();
    let answer = client
        .batch_execute_statement()
        .set_statements(Some(requests))
        .customize()
        // The SDK's retries are off. Retries are made here, where it is known which tries may have been executed.
        .config_override(Config::builder().retry_config(RetryConfig::disabled()))
        .send()
        .await
        .map_err(Failure::of)?;
    let answers: Vec<_> = answer.responses().iter().map(|response| judge(response.error())).collect();
    if answers.len() == expected { Ok(answers) } else { Err(Failure::unknown("not all statements were answered")) }
}

/// DynamoDB's response for one statement.
#[derive(Debug)]
enum Answer {
    Done,
    Refused,
    Failed(Failure),
}

impl Answer {
    fn written(&self, unsure: bool) -> Written {
        match self {
            Self::Done => Written::Yes,
            Self::Refused if unsure => Written::Unsure,
            Self::Refused => Written::Refused,
            Self::Failed(failure) => Written::Failed(failure.error.clone()),
        }
    }

    fn may_pass(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.may_pass)
    }

    fn unsure(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.unsure)
    }
}

fn judge(error: Option<&BatchStatementError>) -> Answer {
    use BatchStatementErrorCodeEnum::{
        ConditionalCheckFailed, DuplicateItem, InternalServerError, ProvisionedThroughputExceeded,
        RequestLimitExceeded, ThrottlingError, TransactionConflict,
    };
    let Some(error) = error else { return Answer::Done };
    let text = || format!("{:?}: {}", error.code(), error.message().unwrap_or_default());
    match error.code() {
        Some(ConditionalCheckFailed | DuplicateItem) => Answer::Refused,
        Some(ProvisionedThroughputExceeded | RequestLimitExceeded | ThrottlingError | TransactionConflict) => {
            Answer::Failed(Failure { error: text(), unsure: false, may_pass: true })
        }
        Some(InternalServerError) | None => Answer::Failed(Failure::unknown(text())),
        Some(_) => Answer::Failed(Failure { error: text(), unsure: false, may_pass: false }),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        sync::{Arc, Mutex},
    };

    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::item::s;

    /// Starts a mock DynamoDB that returns these statuses and bodies in order, and then repeats the last one. Returns a
    /// client for it, and the number of statements in each call.
    async fn answering(answers: &[(u16, &str)]) -> (Client, Arc<Mutex<Vec<usize>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let calls = Arc::new(Mutex::new(vec![]));
        let counted = calls.clone();
        let mut answers: VecDeque<_> = answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut request = vec![0; 65536];
                let mut length = 0;
                while !request[..length].ends_with(b"}]}") {
                    match connection.read(&mut request[length..]).await {
                        Ok(0) | Err(_) => break,
                        Ok(read) => length += read,
                    }
                }
                let text = String::from_utf8_lossy(&request[..length]).into_owned();
                counted.lock().expect("no panic").push(text.matches("\"Statement\"").count());
                let (status, body) =
                    if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.expect("an answer");
                let head =
                    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = connection.write_all((head + &body).as_bytes()).await;
            }
        });
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .endpoint_url(address)
            .http_client(crate::http::client())
            .build();
        (Client::from_conf(config), calls)
    }

    async fn inserted(answers: &[(u16, &str)], count: usize, time: Duration) -> (Vec<Written>, Vec<usize>) {
        let (client, calls) = answering(answers).await;
        let insert = |id: usize| Statement::insert("t", Item::from([("id".to_owned(), s(id))]));
        let written = execute(&client, (0..count).map(insert).collect(), Instant::now() + time).await;
        let calls = calls.lock().expect("no panic").clone();
        (written, calls)
    }

    const THROTTLED: &str = r#"{"Error": {"Code": "ThrottlingError", "Message": "slow down"}}"#;
    const REFUSED: &str = r#"{"Error": {"Code": "DuplicateItem", "Message": "exists"}}"#;
    const SOON: Duration = Duration::from_secs(30);

    fn responses(each: &[&str]) -> String {
        format!(r#"{{"Responses": [{}]}}"#, each.join(","))
    }

    #[tokio::test]
    async fn a_statement_that_was_throttled_is_made_again_alone() {
        let first = responses(&["{}", THROTTLED, REFUSED]);
        let (written, calls) = inserted(&[(200, &first), (200, &responses(&["{}"]))], 3, SOON).await;
        assert_eq!(written, [Written::Yes, Written::Yes, Written::Refused]);
        assert_eq!(calls, [3, 1]);
    }

    #[tokio::test]
    async fn after_a_throttle_a_refusal_is_another_workers() {
        let throttle = r#"{"__type": "com.amazon.coral.availability#ThrottlingException", "message": "slow down"}"#;
        let (written, calls) = inserted(&[(400, throttle), (200, &responses(&[REFUSED]))], 1, SOON).await;
        assert_eq!((written, calls), (vec![Written::Refused], vec![1, 1]));
    }

    #[tokio::test]
    async fn after_a_lost_outcome_a_refusal_may_be_our_own() {
        let (written, calls) = inserted(&[(500, ""), (200, &responses(&[REFUSED]))], 1, SOON).await;
        assert_eq!((written, calls), (vec![Written::Unsure], vec![1, 1]));
        let failed = responses(&[r#"{"Error": {"Code": "InternalServerError", "Message": "x"}}"#]);
        let (written, _) = inserted(&[(200, &failed), (200, &responses(&[REFUSED]))], 1, SOON).await;
        assert_eq!(written, [Written::Unsure]);
    }

    #[tokio::test]
    async fn what_cannot_pass_is_tried_once_and_what_can_until_time_is_up() {
        let wrong = r#"{"__type": "com.amazon.coral.validate#ValidationException", "message": "no"}"#;
        let (written, calls) = inserted(&[(400, wrong)], 1, SOON).await;
        assert!(matches!(&written[..], [Written::Failed(error)] if error.contains("no")), "{written:?}");
        assert_eq!(calls, [1]);
        let (written, calls) = inserted(&[(200, &responses(&[THROTTLED]))], 1, Duration::ZERO).await;
        assert!(matches!(&written[..], [Written::Failed(error)] if error.contains("slow down")), "{written:?}");
        assert_eq!(calls, [1]);
    }
}
