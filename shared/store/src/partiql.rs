//! Batches of conditional writes: `BatchExecuteStatement` does up to 25 in one call, each with a condition of its own,
//! which neither `BatchWriteItem` (no conditions) nor `TransactWriteItems` (twice the write units) can.

use aws_sdk_dynamodb::{
    Client, Config,
    config::retry::RetryConfig,
    types::{AttributeValue, BatchStatementErrorCodeEnum, BatchStatementRequest},
};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    Result,
    error::{StoreError, aws},
    item::Item,
};

/// The most statements of one call: a limit of DynamoDB.
const MAX_STATEMENTS: usize = 25;

/// How many calls are under way at once.
const MAX_CALLS: usize = 8;

/// What became of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It was carried out.
    Yes,
    /// Its condition did not hold: for an insert, the row exists.
    Refused,
    /// It failed in a way that may pass, such as throttling.
    Failed(String),
}

/// A conditional write.
pub struct Statement {
    text: String,
    parameters: Vec<AttributeValue>,
}

impl Statement {
    /// Inserts a row, unless one with its key exists.
    pub(crate) fn insert(table: &str, item: Item) -> Self {
        let mut names = Vec::with_capacity(item.len());
        let mut parameters = Vec::with_capacity(item.len());
        // Sorted, so that the same shape is the same text.
        let sorted: std::collections::BTreeMap<_, _> = item.into_iter().collect();
        for (name, value) in sorted {
            names.push(format!("'{name}': ?"));
            parameters.push(value);
        }
        Self { text: format!("INSERT INTO \"{table}\" VALUE {{{}}}", names.join(", ")), parameters }
    }

    /// Any other statement, with its parameters in the order of their question marks.
    pub(crate) fn new(text: String, parameters: Vec<AttributeValue>) -> Self {
        Self { text, parameters }
    }
}

/// Carries statements out, 25 a call, several calls side by side. One answer per statement, in their order.
///
/// # Errors
/// When a whole call fails. Statements of other calls may have been carried out: every caller can do all of them again.
pub async fn execute(client: &Client, statements: Vec<Statement>) -> Result<Vec<Written>> {
    let mut requests = Vec::with_capacity(statements.len());
    for Statement { text, parameters } in statements {
        let request = BatchStatementRequest::builder().statement(text).set_parameters(Some(parameters)).build();
        requests.push(request.map_err(aws("BatchExecuteStatement"))?);
    }
    let count = requests.len().div_ceil(MAX_STATEMENTS);
    let mut requests = requests.into_iter();
    // Moved and not copied: an event may have a quarter of a megabyte.
    let chunks = (0..count).map(|_| requests.by_ref().take(MAX_STATEMENTS).collect::<Vec<_>>());
    let calls = stream::iter(chunks.collect::<Vec<_>>()).map(|chunk| call(client, chunk));
    let answers: Vec<_> = calls.buffered(MAX_CALLS).try_collect().await?;
    Ok(answers.into_iter().flatten().collect())
}

async fn call(client: &Client, requests: Vec<BatchStatementRequest>) -> Result<Vec<Written>> {
    let expected = requests.len();
    let answer = client
        .batch_execute_statement()
        .set_statements(Some(requests))
        .customize()
        // Tried once. A second try of what was carried out, and whose answer was lost, is refused, and looks like another
        // worker's work, whose follow-up nobody would then see to. The caller's own message comes again instead.
        .config_override(Config::builder().retry_config(RetryConfig::disabled()))
        .send()
        .await
        .map_err(aws("BatchExecuteStatement"))?;
    let written: Vec<_> = answer.responses().iter().map(|response| judge(response.error())).collect();
    if written.len() == expected { Ok(written) } else { Err(StoreError::Unprocessed("BatchExecuteStatement")) }
}

fn judge(error: Option<&aws_sdk_dynamodb::types::BatchStatementError>) -> Written {
    use BatchStatementErrorCodeEnum::{ConditionalCheckFailed, DuplicateItem};
    match error {
        None => Written::Yes,
        Some(error) => match error.code() {
            Some(ConditionalCheckFailed | DuplicateItem) => Written::Refused,
            code => Written::Failed(format!("{code:?}: {}", error.message().unwrap_or_default())),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::item::s;

    /// A DynamoDB that fails as it does when it has trouble of its own: its address, and how often it was asked.
    async fn failing() -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = connection.read(&mut request).await;
                count.fetch_add(1, Ordering::Relaxed);
                let answer = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
        (address, asked)
    }

    #[tokio::test]
    async fn what_may_have_been_carried_out_is_not_tried_again_unseen() {
        let (address, asked) = failing().await;
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .endpoint_url(address)
            .build();
        let insert = Statement::insert("t", Item::from([("id".to_owned(), s("1"))]));
        assert!(execute(&Client::from_conf(config), vec![insert]).await.is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
}
