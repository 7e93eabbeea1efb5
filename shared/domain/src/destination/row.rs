//! How a destination is stored. Updates change single attributes, so the row is flat.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Destination, Owner, PreviousSecret, Sealed, Signing};
use crate::{
    ApiKind, DestinationId, Kind, OperatorId, ProjectId, Unhealthy,
    traffic::{Breaker, Pace, Rate, Traffic},
};

/// A row of the table, with its attributes.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    operator_id: OperatorId,
    id: DestinationId,
    #[serde(rename = "channel_type")]
    kind: Kind,
    destination: String,
    uniqueness_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_secret: Option<PreviousSecret>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    older_secrets: Vec<PreviousSecret>,
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    verified_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unhealthy: Option<Unhealthy>,
    #[serde(with = "crate::time::millis")]
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    belongs_to: Option<Owner>,
    #[serde(default, rename = "face", skip_serializing_if = "ApiKind::is_stack")]
    api: ApiKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connection: Option<Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    disabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project_id: Option<ProjectId>,
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_per_second: Option<Rate>,
    #[serde(default, skip_serializing_if = "is_zero")]
    unreached: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    breaker: Option<Breaker>,
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    slow_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pace: Option<Pace>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_slot: Option<i64>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl From<Row> for Destination {
    fn from(row: Row) -> Self {
        // The row names the newest of the earlier secrets apart from the others.
        let previous = row.previous_secret.into_iter().chain(row.older_secrets).collect();
        Self {
            signing: row.secret.map(|secret| Signing { secret, previous }),
            traffic: Traffic {
                unreached: row.unreached,
                breaker: row.breaker,
                slow_until: row.slow_until,
                pace: row.pace,
                next_slot: row.next_slot,
            },
            operator_id: row.operator_id,
            id: row.id,
            kind: row.kind,
            destination: row.destination,
            uniqueness_key: row.uniqueness_key,
            verified_at: row.verified_at,
            unhealthy: row.unhealthy,
            created_at: row.created_at,
            belongs_to: row.belongs_to,
            api: row.api,
            connection: row.connection,
            name: row.name,
            disabled: row.disabled,
            project_id: row.project_id,
            updated_at: row.updated_at,
            description: row.description,
            max_per_second: row.max_per_second,
        }
    }
}

impl From<Destination> for Row {
    fn from(of: Destination) -> Self {
        let (secret, previous) = match of.signing {
            Some(Signing { secret, previous }) => (Some(secret), previous),
            None => (None, vec![]),
        };
        let mut previous = previous.into_iter();
        let Traffic { unreached, breaker, slow_until, pace, next_slot } = of.traffic;
        Self {
            secret,
            previous_secret: previous.next(),
            older_secrets: previous.collect(),
            unreached,
            breaker,
            slow_until,
            pace,
            next_slot,
            operator_id: of.operator_id,
            id: of.id,
            kind: of.kind,
            destination: of.destination,
            uniqueness_key: of.uniqueness_key,
            verified_at: of.verified_at,
            unhealthy: of.unhealthy,
            created_at: of.created_at,
            belongs_to: of.belongs_to,
            api: of.api,
            connection: of.connection,
            name: of.name,
            disabled: of.disabled,
            project_id: of.project_id,
            updated_at: of.updated_at,
            description: of.description,
            max_per_second: of.max_per_second,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use serde_dynamo::{AttributeValue, from_item, to_item};

    use super::*;

    type Item = HashMap<String, AttributeValue>;

    fn text(text: &str) -> AttributeValue {
        AttributeValue::S(text.to_owned())
    }

    fn number(number: impl ToString) -> AttributeValue {
        AttributeValue::N(number.to_string())
    }

    fn map<const N: usize>(of: [(&str, AttributeValue); N]) -> AttributeValue {
        AttributeValue::M(of.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn earlier((sealed, until): (Vec<u8>, i64)) -> AttributeValue {
        map([("sealed", AttributeValue::B(sealed)), ("until", number(until))])
    }

    fn sealed() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 1..80)
    }

    fn millis() -> impl Strategy<Value = i64> {
        1_600_000_000_000_i64..2_000_000_000_000
    }

    /// The attributes of the secrets: there are none without a current one, and no older ones without a previous one.
    fn secrets() -> impl Strategy<Value = Item> {
        let earlier_secrets = prop::collection::vec((sealed(), millis()), 0..6);
        prop::option::of((sealed(), earlier_secrets)).prop_map(|secrets| {
            let Some((secret, earlier_secrets)) = secrets else { return Item::new() };
            let mut item = Item::from([("secret".to_owned(), AttributeValue::B(secret))]);
            let mut all = earlier_secrets.into_iter().map(earlier);
            item.extend(all.next().map(|previous| ("previous_secret".to_owned(), previous)));
            let older: Vec<_> = all.collect();
            item.extend((!older.is_empty()).then(|| ("older_secrets".to_owned(), AttributeValue::L(older))));
            item
        })
    }

    /// The attributes that a row may have or not, apart from its secrets.
    fn optional() -> impl Strategy<Value = Item> {
        let breaker = (millis(), 0_u32..9, any::<bool>()).prop_map(|(at, times, probing)| {
            let AttributeValue::M(mut breaker) =
                map([("opened_at", number(at)), ("until", number(at + 30_000)), ("times", number(times))])
            else {
                unreachable!("a map")
            };
            breaker.extend(probing.then(|| ("probing".to_owned(), AttributeValue::Bool(true))));
            AttributeValue::M(breaker)
        });
        let pace =
            (1_u32..200_000, millis()).prop_map(|(rate, at)| map([("rate", number(rate)), ("since", number(at))]));
        let of = |name: &'static str, value: BoxedStrategy<AttributeValue>| {
            prop::option::of(value).prop_map(move |value| value.map(|value| (name.to_owned(), value))).boxed()
        };
        let time = || millis().prop_map(number).boxed();
        let word = || "[a-z]{1,12}".prop_map(|word| text(&word)).boxed();
        let unhealthy = millis().prop_map(|at| map([("since", number(at)), ("reason", text("answered 500"))]));
        let attributes = vec![
            of("verified_at", time()),
            of("unhealthy", unhealthy.boxed()),
            of("belongs_to", Just(text("service")).boxed()),
            of("face", prop_oneof![Just("mail"), Just("providers"), Just("config")].prop_map(text).boxed()),
            of("connection", sealed().prop_map(AttributeValue::B).boxed()),
            of("name", word()),
            of("disabled", Just(AttributeValue::Bool(true)).boxed()),
            of("project_id", word()),
            of("updated_at", time()),
            of("description", word()),
            of("max_per_second", (1_u32..1_000_000).prop_map(number).boxed()),
            of("unreached", (1_u32..9).prop_map(number).boxed()),
            of("breaker", breaker.boxed()),
            of("slow_until", time()),
            of("pace", pace.boxed()),
            of("next_slot", (1_i64..2_000_000_000_000_000).prop_map(number).boxed()),
        ];
        attributes.prop_map(|attributes| attributes.into_iter().flatten().collect())
    }

    proptest! {
        #[test]
        fn a_stored_row_is_written_back_as_it_was(secrets in secrets(), optional in optional(), created_at in millis()) {
            let mut row = Item::from([
                ("operator_id".to_owned(), text(&OperatorId::generate().to_string())),
                ("id".to_owned(), text(&DestinationId::generate().to_string())),
                ("channel_type".to_owned(), text("webhook")),
                ("destination".to_owned(), text("https://example.com/hooks")),
                ("uniqueness_key".to_owned(), text("key")),
                ("created_at".to_owned(), number(created_at)),
            ]);
            row.extend(secrets);
            row.extend(optional);
            let destination: Destination = from_item(row.clone()).expect("a destination");
            prop_assert_eq!(to_item::<_, Item>(&destination).expect("an item"), row);
        }
    }
}
