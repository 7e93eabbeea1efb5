//! What the memory of a function changes: its share of a processor grows with it, and so does the price of a second.

use std::fmt::Write;

use serde::Serialize;

use super::{
    Error,
    bill::{EVENTS, functions, gb_seconds, seconds},
    counts::Counts,
    model::Model,
    prices::Table,
    report::{Format, heading},
    template::Template,
    traffic::{Traffic, numbers},
};

/// A function with one size of memory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sized {
    /// MB.
    pub memory: f64,
    /// What its time costs for a million events, without the price of requests.
    pub dollars: f64,
    /// How long an invocation takes on average, in milliseconds.
    pub milliseconds: f64,
    /// Whether the template has this size.
    pub chosen: bool,
}

/// A function for one kind of traffic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Function {
    /// The name of the function.
    pub name: String,
    /// The kind of traffic.
    pub traffic: String,
    /// One for each size.
    pub sizes: Vec<Sized>,
}

/// The functions on the way of an event, each with several sizes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// MB.
    pub sizes: Vec<f64>,
    /// The functions.
    pub functions: Vec<Function>,
}

/// The sizes in the variable MEMORY, if it is set. `get` returns the text of a variable that is set.
///
/// # Errors
/// When it is not a list of sizes that Lambda has.
pub fn sizes(get: impl Fn(&str) -> Option<String>) -> Result<Option<Vec<f64>>, Error> {
    let text = get("MEMORY").filter(|text| !text.trim().is_empty());
    text.map(|text| numbers("MEMORY", &text, 256.0, &(128.0..=10_240.0), "MB of a function")).transpose()
}

impl Comparison {
    /// Compares sizes for each kind of traffic.
    ///
    /// # Errors
    /// When the counts are incomplete, or the template lacks a function that was counted.
    pub fn new(
        all: &[Traffic],
        sizes: &[f64],
        counts: &Counts,
        table: &Table,
        template: &Template,
    ) -> Result<Self, Error> {
        let model = Model::new(counts, &template.retry_schedule)?;
        let mut compared = vec![];
        for traffic in all {
            let event = model.event(traffic)?;
            for (name, invocations) in functions(&event.amounts) {
                let chosen = template.memory_of(name)?;
                let sized = |&memory: &f64| {
                    let seconds = seconds(name, memory, traffic, &event);
                    Sized {
                        memory,
                        dollars: gb_seconds(seconds, memory) * table.prices.lambda_gb_second.of(EVENTS),
                        milliseconds: seconds * 1000.0 / invocations,
                        chosen: memory == chosen,
                    }
                };
                let sizes = sizes.iter().map(sized).collect();
                compared.push(Function { name: name.to_owned(), traffic: heading(traffic), sizes });
            }
        }
        // The functions in the order of their names, each with all kinds of traffic.
        compared.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { sizes: sizes.to_vec(), functions: compared })
    }

    /// Formats the comparison; the text ends with a newline.
    #[must_use]
    pub fn print(&self, format: Format) -> String {
        match format {
            Format::Text | Format::Markdown => self.table(),
            Format::Json => serde_json::to_string_pretty(self).unwrap_or_default() + "\n",
        }
    }

    /// A table with the template's sizes in bold.
    fn table(&self) -> String {
        let mut out = String::from("| dollars per million events, ms of an invocation |");
        for size in &self.sizes {
            let _ = write!(out, " {size} MB |");
        }
        let _ = writeln!(out, "\n| --- |{}", " ---: |".repeat(self.sizes.len()));
        for Function { name, traffic, sizes } in &self.functions {
            let _ = write!(out, "| `{name}`, {traffic} |");
            for Sized { dollars, milliseconds, chosen, .. } in sizes {
                let bold = if *chosen { "**" } else { "" };
                let _ = write!(out, " {bold}{dollars:.2}, {milliseconds:.0} ms{bold} |");
            }
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::{counts::tests::counts, prices::tests::table};
    use super::*;

    fn comparison(sizes: &[f64]) -> Comparison {
        let template = Template::parse(include_str!("../../../template.yaml")).expect("the template");
        let traffic = Traffic { payload: 1000.0, rules: 1.0, failing: 0.0, cold: 0.0, ..Traffic::default() };
        Comparison::new(&[traffic], sizes, &counts(), &table(), &template).expect("a comparison")
    }

    #[test]
    fn a_size_matches_a_calculation_by_hand() {
        let compared = comparison(&[128.0, 1769.0, 3538.0]);
        let accepts = compared.functions.iter().find(|function| function.name == "events").expect("it");
        let by_hand = |size: usize, ms: f64, memory: f64| {
            let Sized { milliseconds, dollars, .. } = accepts.sizes[size];
            assert!((milliseconds - ms).abs() < 1e-9, "{milliseconds} is not {ms}");
            assert!((dollars - ms * memory / 1024.0 * 1000.0 * 0.0000133334).abs() < 1e-9, "{dollars}");
        };
        // 100 µs, a call of 5 ms, and half a millisecond of rounding. More than a processor does not help one request.
        by_hand(0, 0.1 * 1769.0 / 128.0 + 5.0 + 0.5, 128.0);
        by_hand(1, 0.1 + 5.0 + 0.5, 1769.0);
        by_hand(2, 0.1 + 5.0 + 0.5, 3538.0);
    }

    #[test]
    fn the_size_of_the_template_is_bold() {
        let text = comparison(&[128.0, 256.0]).print(Format::Markdown);
        let row = text.lines().find(|line| line.starts_with("| `deliver`, 1 destination |")).expect("a row");
        let bold = row.split(" | ").map(|cell| cell.starts_with("**")).collect::<Vec<_>>();
        assert_eq!(bold, [false, true, false], "{row}");
    }

    #[test]
    fn an_unset_or_invalid_size_is_recognized() {
        assert_eq!(sizes(|_| Some(String::new())), Ok(None));
        assert_eq!(sizes(|_| Some("128, 256".into())), Ok(Some(vec![128.0, 256.0])));
        assert!(sizes(|_| Some("64".into())).is_err_and(|error| error.starts_with("MEMORY is `64`")));
    }
}
