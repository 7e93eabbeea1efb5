//! The counted calls and units.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Calls, and what AWS charges for them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Calls by `Service.Operation`.
    pub calls: BTreeMap<String, u64>,
    /// Requests to SQS as billed: at least one for each call, and one for each 64 KiB of its messages.
    pub sqs_requests: u64,
    /// Read units by table, and by `Table/index`.
    pub reads: BTreeMap<String, f64>,
    /// Write units by table, and by `Table/index`.
    pub writes: BTreeMap<String, f64>,
    /// Bytes of storage that the writes added, as DynamoDB bills them, by table and by `Table/index`.
    pub stored_bytes: BTreeMap<String, f64>,
}

/// The tables' names in counts, by their deployed names. Other tables keep their names.
#[derive(Debug, Clone, Default)]
pub struct Nouns(BTreeMap<String, String>);

impl Nouns {
    /// Reads variables such as `CHANNELS_TABLE=stack-notifications-ChannelsTable-0A1B2C`, whose table is named
    /// `Channels`.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let noun = |(name, table): (String, String)| {
            let noun = name.strip_suffix("_TABLE")?.split('_').map(capitalised).collect();
            Some((table, noun))
        };
        Self(variables.into_iter().filter_map(noun).collect())
    }

    /// Reads the variables of this process.
    pub fn from_env() -> Self {
        // Other variables may contain invalid Unicode.
        Self::of(
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// The name of a table, or of one of its indexes, in counts.
    pub(super) fn name(&self, table: &str, index: Option<&str>) -> String {
        let noun = self.0.get(table).map_or(table, String::as_str);
        index.map_or_else(|| noun.to_owned(), |index| format!("{noun}/{index}"))
    }
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
    format!("{first}{}", rest.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_named_after_its_variable() {
        let variables = [("CHANNELS_TABLE", "stack-ChannelsTable-1"), ("HOME", "/"), ("ACCESS_KEYS_TABLE", "keys-2")];
        let nouns = Nouns::of(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(nouns.name("stack-ChannelsTable-1", None), "Channels");
        assert_eq!(nouns.name("stack-ChannelsTable-1", Some("by_name")), "Channels/by_name");
        assert_eq!(nouns.name("keys-2", None), "AccessKeys");
        assert_eq!(nouns.name("other", None), "other");
    }
}
