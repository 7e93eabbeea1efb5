//! The price table: `xtask/prices.json`, with the source of each price.

use serde::Deserialize;

use super::Error;

/// The price table.
#[derive(Debug, Clone, Deserialize)]
pub struct Table {
    /// The AWS region.
    pub region: String,
    /// The day of the look-up.
    pub looked_up: jiff::civil::Date,
    /// The prices, by what is billed.
    pub prices: Prices,
}

/// A unit price.
#[derive(Debug, Clone, Deserialize)]
pub struct Price {
    dollars: f64,
    per: f64,
    /// The billed unit, and how it is metered.
    pub unit: String,
    /// The title of the page with the price.
    pub source: String,
    /// The address of that page.
    pub address: String,
    /// Where the figure was confirmed, or that it could not be.
    pub checked: String,
}

impl Price {
    /// The cost of this amount in dollars.
    #[must_use]
    pub fn of(&self, amount: f64) -> f64 {
        amount * self.dollars / self.per
    }
}

/// All prices that a bill needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the file describes each price")]
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
    /// Parses the text of the price table.
    ///
    /// # Errors
    /// When a price is missing or invalid; the error names it.
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
    fn each_price_names_its_source() {
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
