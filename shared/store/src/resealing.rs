//! Reseals an operator's credentials in table `Destinations` after its data key was replaced
//! ([`crate::Accounts::begin_rotation`]).
//!
//! Each sealed value names its data key. Values under the old and the new key can therefore be distinguished, and both
//! open until resealing is complete.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::{
    DestinationId, OperatorId,
    destination::{PreviousSecret, Sealed},
};
use serde::Deserialize;
use tokio::time::Instant;

use crate::{
    Destinations, Result, StoreError, Vault,
    destinations::{condition_failed, row_key},
    error::aws,
    item::{b, from_item, from_items, s},
};

/// The number of rows to read at once.
const PAGE: i32 = 100;
/// The maximum number of tries for a row that is changed concurrently.
const TRIES: u32 = 5;
/// `connection` is a reserved word of DynamoDB.
const CONNECTION: (&str, &str) = ("#connection", "connection");

/// Reseals the credentials of one operator under one data key.
pub struct Resealing<'a> {
    /// The table that holds the credentials.
    pub destinations: &'a Destinations,
    /// Opens and seals the credentials.
    pub vault: &'a Vault,
    /// The operator that owns the credentials.
    pub operator: OperatorId,
    /// The wrapped data key to reseal under.
    pub data_key: &'a [u8],
}

/// The limits of a run and its results so far.
#[derive(Debug)]
pub struct Work {
    at_most: usize,
    end: Instant,
    /// The number of rows that were resealed.
    pub resealed: usize,
    /// The rows with a value that does not open. Such a value is unusable and stays unchanged.
    pub unopened: BTreeSet<DestinationId>,
}

/// How far a page got.
#[derive(Debug, PartialEq, Eq)]
pub enum Page {
    /// The page is complete. The next one begins after this row.
    Next(DestinationId),
    /// The page is complete, and it was the last.
    Last,
    /// The page is incomplete, because a limit was reached.
    Cut,
}

/// The sealed values of a row.
#[derive(Debug, Deserialize)]
struct Row {
    id: DestinationId,
    secret: Option<Sealed>,
    previous_secret: Option<PreviousSecret>,
    #[serde(default)]
    older_secrets: Vec<PreviousSecret>,
    connection: Option<Sealed>,
}

/// A sealed value and its replacement.
struct Renewed<'a> {
    path: String,
    old: &'a Sealed,
    new: Sealed,
}

impl Work {
    /// Starts a run that reseals at most `at_most` rows and stops at `end`.
    pub fn new(at_most: usize, end: Instant) -> Self {
        Self { at_most, end, resealed: 0, unopened: BTreeSet::new() }
    }

    fn late(&self) -> bool {
        Instant::now() >= self.end
    }

    /// Whether a limit has been reached.
    fn over(&self) -> bool {
        self.resealed >= self.at_most || self.late()
    }
}

impl Row {
    /// The sealed values of the row, each with its path.
    fn sealed(&self) -> impl Iterator<Item = (String, &Sealed)> {
        let previous = self.previous_secret.as_ref().map(|previous| &previous.sealed);
        let all = [
            ("secret", self.secret.as_ref()),
            ("previous_secret.sealed", previous),
            (CONNECTION.0, self.connection.as_ref()),
        ];
        let older = self.older_secrets.iter().enumerate();
        let older = older.map(|(i, older)| (format!("older_secrets[{i}].sealed"), &older.sealed));
        all.into_iter().filter_map(|(path, sealed)| Some((path.to_owned(), sealed?))).chain(older)
    }
}

/// The outcome of resealing a row.
enum Renewal {
    /// Its values were resealed.
    Made,
    /// No value is under another data key, or the row was deleted.
    Current,
}

impl Resealing<'_> {
    /// Reseals the values under other data keys in the rows after `after`. Changes nothing else in these rows.
    ///
    /// # Errors
    /// When a call fails, or a row keeps being changed concurrently. Rows that were resealed stay so.
    pub async fn page(&self, after: Option<DestinationId>, work: &mut Work) -> Result<Page> {
        if work.late() {
            return Ok(Page::Cut);
        }
        let query = self.destinations.client().query().table_name(self.destinations.table());
        let answer = query
            // Rows that were written before this pass must not be missed.
            .consistent_read(true)
            .key_condition_expression("operator_id = :operator AND begins_with(id, :prefix)")
            .expression_attribute_values(":operator", s(self.operator))
            .expression_attribute_values(":prefix", s("ndst_"))
            .projection_expression(format!("id, secret, previous_secret, older_secrets, {}", CONNECTION.0))
            .expression_attribute_names(CONNECTION.0, CONNECTION.1)
            .set_exclusive_start_key(after.map(|id| row_key(self.operator, id)))
            .limit(PAGE)
            .send()
            .await
            .map_err(aws("Query"))?;
        let more = answer.last_evaluated_key.is_some();
        let rows: Vec<Row> = from_items(answer.items)?;
        let last = rows.last().map(|row| row.id);
        for row in rows {
            if row.sealed().all(|(_, sealed)| Vault::is_under(self.data_key, sealed)) {
                continue;
            }
            if work.over() {
                return Ok(Page::Cut);
            }
            let id = row.id;
            match self.renew(row).await {
                Ok(Renewal::Made) => work.resealed += 1,
                Ok(Renewal::Current) => {}
                Err(error @ StoreError::Sealed(_)) => {
                    // One unusable row must not block the rest.
                    tracing::error!(operator_id = %self.operator, destination_id = %id, %error, "resealing a destination failed");
                    work.unopened.insert(id);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(last.filter(|_| more).map_or(Page::Last, Page::Next))
    }

    /// Reseals a row's values in one write.
    async fn renew(&self, mut row: Row) -> Result<Renewal> {
        for _ in 0..TRIES {
            let mut renewed = vec![];
            for (path, old) in row.sealed() {
                let new = self.vault.reseal(old, self.data_key, self.operator, row.id).await?;
                renewed.extend(new.map(|new| Renewed { path, old, new }));
            }
            if renewed.is_empty() {
                return Ok(Renewal::Current);
            }
            match self.update(row.id, &renewed).send().await {
                Ok(_) => return Ok(Renewal::Made),
                Err(error) if condition_failed(&error) => {}
                Err(error) => return Err(aws("UpdateItem")(error)),
            }
            let Some(again) = self.read(row.id).await? else { return Ok(Renewal::Current) };
            row = again;
        }
        Err(StoreError::Unprocessed("UpdateItem"))
    }

    /// Replaces sealed values on condition that none has changed.
    fn update(&self, id: DestinationId, renewed: &[Renewed<'_>]) -> UpdateItemFluentBuilder {
        let (set, condition) = expressions(renewed.iter().map(|renewed| &*renewed.path));
        let update = self.destinations.client().update_item().table_name(self.destinations.table());
        let mut update =
            update.set_key(Some(row_key(self.operator, id))).condition_expression(condition).update_expression(set);
        if renewed.iter().any(|renewed| renewed.path == CONNECTION.0) {
            update = update.expression_attribute_names(CONNECTION.0, CONNECTION.1);
        }
        for (i, Renewed { old, new, .. }) in renewed.iter().enumerate() {
            update = update
                .expression_attribute_values(format!(":old{i}"), b(&old.0))
                .expression_attribute_values(format!(":new{i}"), b(&new.0));
        }
        update
    }

    async fn read(&self, id: DestinationId) -> Result<Option<Row>> {
        let get = self.destinations.client().get_item().table_name(self.destinations.table());
        let get = get.set_key(Some(row_key(self.operator, id))).consistent_read(true);
        get.send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }
}

/// The update expression for the values at these paths and the condition that none has changed, with `:new0` for
/// `:old0` and so on.
fn expressions<'a>(paths: impl Iterator<Item = &'a str>) -> (String, String) {
    let (set, condition): (Vec<_>, Vec<_>) =
        paths.enumerate().map(|(i, path)| (format!("{path} = :new{i}"), format!("{path} = :old{i}"))).unzip();
    (format!("SET {}", set.join(", ")), condition.join(" AND "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::time::now;

    use super::*;

    fn row(previous: bool, connection: bool) -> Row {
        let sealed = |byte| Sealed(vec![byte]);
        Row {
            id: DestinationId::generate(),
            secret: Some(sealed(1)),
            previous_secret: previous.then(|| PreviousSecret { sealed: sealed(2), until: now() }),
            older_secrets: vec![],
            connection: connection.then(|| sealed(3)),
        }
    }

    #[test]
    fn all_that_is_sealed_in_a_row_is_found_and_nothing_else_written() {
        let paths = |row: &Row| {
            let paths: Vec<_> = row.sealed().map(|(path, _)| path).collect();
            expressions(paths.iter().map(|path| &**path))
        };
        let (set, condition) = paths(&row(false, false));
        assert_eq!((&*set, &*condition), ("SET secret = :new0", "secret = :old0"));
        let (set, condition) = paths(&row(true, true));
        assert_eq!(set, "SET secret = :new0, previous_secret.sealed = :new1, #connection = :new2");
        assert_eq!(condition, "secret = :old0 AND previous_secret.sealed = :old1 AND #connection = :old2");
        let mut several = row(true, false);
        several.older_secrets = vec![PreviousSecret { sealed: Sealed(vec![4]), until: now() }; 2];
        let (set, _) = paths(&several);
        assert!(set.ends_with(":new1, older_secrets[0].sealed = :new2, older_secrets[1].sealed = :new3"), "{set}");
    }

    #[test]
    fn a_row_without_credentials_is_read_and_has_none() {
        let item = crate::item::key(("operator_id", OperatorId::generate()), ("id", DestinationId::generate()));
        let row: Row = from_item(item).expect("a row");
        assert_eq!(row.sealed().count(), 0);
    }

    #[test]
    fn work_is_over_by_number_or_by_time() {
        let later = Instant::now() + Duration::from_secs(3600);
        let mut work = Work::new(1, later);
        assert!(!work.over());
        work.resealed = 1;
        assert!(work.over() && !work.late(), "what needs nothing is still looked at");
        assert!(Work::new(1, Instant::now()).over());
    }
}
