//! The price table: `xtask/prices.json`, with where each price is from.

use serde::Deserialize;

use super::Error;

/// The file.
#[derive(Debug, Clone, Deserialize)]
pub struct Table {
    /// Where the prices hold.
    pub region: String,
    /// On which day.
    pub looked_up: jiff::civil::Date,
    /// By what they are for.
    pub prices: Prices,
}

/// One price.
#[derive(Debug, Clone, Deserialize)]
pub struct Price {
    dollars: f64,
    per: f64,
    /// What is counted, and how.
    pub unit: String,
    /// The title of the page that says so.
    pub source: String,
    /// That page.
    pub address: String,
    /// Where the figure was seen, or that it could not be confirmed.
    pub checked: String,
}

impl Price {
    /// Dollars for so many.
    #[must_use]
    pub fn of(&self, amount: f64) -> f64 {
        amount * self.dollars / self.per
    }
}

/// All that is needed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the file says of each what it is for")]
pub struct Prices {
    pub api_request: Price,
    pub lambda_request: Price,
    pub lambda_gb_second: Price,
    pub sqs_request: Price,
    pub sqs_fair_request: Price,
    pub dynamodb_write_unit: Price,
    pub dynamodb_read_unit: Price,
    pub dynamodb_gb_month: Price,
    pub dynamodb_recovery_gb_month: Price,
    pub logs_gb: Price,
    pub metric_month: Price,
    pub alarm_month: Price,
    pub kms_request: Price,
    pub kms_key_month: Price,
    pub transfer_gb: Price,
    pub sns_publish: Price,
    pub sns_http_delivery: Price,
    pub eventbridge_event: Price,
    pub eventbridge_api_destination: Price,
}

impl Table {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Naming the price that is missing or wrong.
    pub fn parse(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| format!("the price table cannot be read: {error}. Fix that entry"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../prices.json");

    pub(crate) fn table() -> Table {
        Table::parse(TEXT).expect("the price table")
    }

    #[test]
    fn each_price_says_where_it_is_from() {
        let file: serde_json::Value = serde_json::from_str(TEXT).expect("JSON");
        for (name, price) in file["prices"].as_object().expect("prices") {
            let price: Price = serde_json::from_value(price.clone()).expect(name);
            assert!(price.dollars > 0.0 && price.per >= 1.0, "{name}");
            assert!(
                price.address.starts_with("https://aws.amazon.com/") && price.address.contains("/pricing/"),
                "{name}"
            );
            assert!(!price.unit.is_empty() && !price.source.is_empty() && !price.checked.is_empty(), "{name}");
        }
    }

    #[test]
    fn a_missing_price_is_named() {
        let error = Table::parse(&TEXT.replace("\"sqs_request\"", "\"sqs\"")).expect_err("no such price");
        assert!(error.contains("`sqs`"), "{error}");
    }
}
