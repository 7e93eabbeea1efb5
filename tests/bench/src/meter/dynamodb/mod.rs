//! What a call to DynamoDB costs, from its request, its answer, and the rows.

mod reads;
mod writes;

use axum::http::StatusCode;
use serde_json::Value;

use super::{Answer, Inner, Sent};

/// The units used in a table or in one of its indexes, or the bytes stored there.
struct Units {
    table: String,
    index: Option<String>,
    units: f64,
}

impl Inner {
    pub(super) async fn dynamodb(&self, operation: &str, sent: &Sent) -> Result<Answer, String> {
        let request: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
        match operation {
            "GetItem" | "BatchGetItem" | "Query" => self.read(operation, &request, sent).await,
            "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "BatchExecuteStatement" => {
                self.write(operation, &request, sent).await
            }
            _ => {
                // Describing tables is free.
                if !operation.starts_with("Describe") {
                    self.failed(operation, "the cost of this operation is unknown");
                }
                self.forward(sent).await
            }
        }
    }

    async fn read(&self, operation: &str, request: &Value, sent: &Sent) -> Result<Answer, String> {
        let _still = self.isolation.read().await;
        let answer = self.forward(sent).await?;
        if answer.status == StatusCode::OK {
            match reads::charge(&self.tables, operation, request, &answer.body).await {
                Ok(units) => self.add(units, |counts| &mut counts.reads),
                Err(error) => self.failed(operation, &error),
            }
        }
        Ok(answer)
    }

    async fn write(&self, operation: &str, request: &Value, sent: &Sent) -> Result<Answer, String> {
        let _alone = self.isolation.write().await;
        let before = writes::Before::look(&self.tables, operation, request).await;
        let answer = self.forward(sent).await?;
        let cost = match before {
            Ok(before) => before.charge(&self.tables, answer.status == StatusCode::OK, &answer.body).await,
            Err(error) => Err(error),
        };
        match cost {
            Ok(cost) => {
                self.add(cost.units, |counts| &mut counts.writes);
                self.add(cost.stored, |counts| &mut counts.stored_bytes);
            }
            Err(error) => self.failed(operation, &error),
        }
        Ok(answer)
    }

    fn add(
        &self,
        units: Vec<Units>,
        to: impl FnOnce(&mut super::Counts) -> &mut std::collections::BTreeMap<String, f64>,
    ) {
        let state = &mut *self.state();
        let sums = to(&mut state.counts);
        for Units { table, index, units } in units {
            *sums.entry(state.nouns.name(&table, index.as_deref())).or_default() += units;
        }
    }

    fn failed(&self, operation: &str, why: &str) {
        self.state().uncounted.push(format!("DynamoDB.{operation}: {why}"));
    }
}
