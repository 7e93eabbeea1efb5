//! Formats the report as text, as a table for the README, or as JSON.

use std::fmt::Write;

use serde::Serialize;

use super::{
    Error,
    alternatives::{Alternative, alternatives},
    bill::{Bill, Part, by_the_month},
    counts::Counts,
    model::Model,
    prices::Table,
    template::Template,
    traffic::Traffic,
};

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// A table for the README.
    Markdown,
    /// For programs.
    Json,
}

impl Format {
    /// The format with this name; text for an empty name.
    ///
    /// # Errors
    /// When the name is unknown.
    pub fn named(name: &str) -> Result<Self, Error> {
        match name.trim() {
            "" | "text" => Ok(Self::Text),
            "markdown" => Ok(Self::Markdown),
            "json" => Ok(Self::Json),
            other => Err(format!("FORMAT is `{other}`: use text, markdown or json, as in `make cost FORMAT=json`")),
        }
    }
}

/// The bill for one kind of traffic, with its alternatives.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// The traffic that the bill is for.
    pub traffic: Traffic,
    /// The bill, by service.
    #[serde(flatten)]
    pub bill: Bill,
    /// The most expensive line, and its most expensive part.
    pub dominating: String,
    /// The cost of the same traffic with other AWS services.
    pub alternatives: Vec<Alternative>,
}

/// The whole report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The region and date of the prices.
    pub prices: String,
    /// One for each fan-out and number of events in a request.
    pub columns: Vec<Column>,
    /// The fixed costs of a month.
    pub by_the_month: Vec<Part>,
}

impl Report {
    /// Calculates the report.
    ///
    /// # Errors
    /// When the counts are incomplete.
    pub fn new(all: &[Traffic], counts: &Counts, table: &Table, template: &Template) -> Result<Self, Error> {
        let model = Model::new(counts, &template.retry_schedule)?;
        let prices = &table.prices;
        let column = |traffic: &Traffic| {
            let bill = Bill::of(traffic, &model, prices, template)?;
            Ok(Column {
                dominating: dominating(&bill),
                bill,
                alternatives: alternatives(traffic, &model.event(traffic)?, prices),
                traffic: traffic.clone(),
            })
        };
        Ok(Self {
            prices: format!("{}, {}", table.region, table.looked_up),
            columns: all.iter().map(column).collect::<Result<_, Error>>()?,
            by_the_month: all.first().map(|traffic| by_the_month(traffic, prices, template)).unwrap_or_default(),
        })
    }

    /// Formats the report; the text ends with a newline.
    #[must_use]
    pub fn print(&self, format: Format) -> String {
        match format {
            Format::Text => self.text(),
            Format::Markdown => self.markdown(),
            Format::Json => serde_json::to_string_pretty(self).unwrap_or_default() + "\n",
        }
    }

    /// The rows: a name, and its cost and share of the sum in each column.
    fn rows(&self) -> Vec<(&'static str, Vec<(f64, f64)>)> {
        let Some(first) = self.columns.first() else { return vec![] };
        let share = |column: &Column, dollars: f64| (dollars, dollars / column.bill.dollars);
        let service = |i: usize| self.columns.iter().map(move |column| share(column, column.bill.lines[i].dollars));
        let names = first.bill.lines.iter().map(|line| line.service).enumerate();
        let mut rows: Vec<_> = names.map(|(i, name)| (name, service(i).collect::<Vec<_>>())).collect();
        rows.sort_by(|a, b| b.1[0].0.total_cmp(&a.1[0].0));
        rows.push(("all", self.columns.iter().map(|column| share(column, column.bill.dollars)).collect()));
        for (i, other) in first.alternatives.iter().enumerate() {
            let figures = self.columns.iter().map(|column| share(column, column.alternatives[i].line.dollars));
            rows.push((other.line.service, figures.collect()));
        }
        rows
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let Some(first) = self.columns.first() else { return out };
        let _ = writeln!(out, "Dollars per million events, at the prices of {}\n", self.prices);
        let heads: Vec<_> = self.columns.iter().map(|column| heading(&column.traffic)).collect();
        let width = heads.iter().map(|head| head.len() + 2).max().unwrap_or_default().max(22);
        let _ = writeln!(out, "{:30}{}", "", heads.iter().map(|head| format!("{head:>width$}")).collect::<String>());
        let before_share = width - 8;
        for (i, (name, figures)) in self.rows().iter().enumerate() {
            if i > first.bill.lines.len() {
                let figures =
                    figures.iter().map(|(dollars, _)| format!("{dollars:before_share$.2}{:8}", "")).collect::<String>();
                let _ = writeln!(out, "{name:30}{}", figures.trim_end());
            } else {
                let figures =
                    figures.iter().map(|(dollars, share)| format!("{dollars:before_share$.2} {:5.1} %", share * 100.0));
                let _ = writeln!(out, "{name:30}{}", figures.collect::<String>());
            }
        }
        out.push('\n');
        for column in &self.columns {
            let _ = writeln!(out, "{}: {}", heading(&column.traffic), column.dominating);
        }
        let _ = writeln!(out, "\nFixed costs of a month: {}", self.monthly());
        for other in &first.alternatives {
            let _ = writeln!(out, "\n{} lacks: {}.", other.line.service, other.without);
        }
        let _ = write!(out, "\n{}", assumed(&first.traffic));
        out
    }

    fn markdown(&self) -> String {
        let mut out = String::from("| dollars per million events |");
        for column in &self.columns {
            let _ = write!(out, " {} |", heading(&column.traffic));
        }
        let _ = writeln!(out, "\n| --- |{}", " ---: |".repeat(self.columns.len()));
        for (name, figures) in self.rows() {
            let name = if name == "all" { "**all**" } else { name };
            let figures = figures.iter().map(|(dollars, _)| format!(" {dollars:.2} |")).collect::<String>();
            let _ = writeln!(out, "| {name} |{figures}");
        }
        out
    }

    fn monthly(&self) -> String {
        let all: f64 = self.by_the_month.iter().map(|part| part.dollars).sum();
        let parts =
            self.by_the_month.iter().map(|part| format!("{:.0} {} {:.2}", part.amount, part.what, part.dollars));
        format!("${all:.2}\n  ({})", parts.collect::<Vec<_>>().join("; "))
    }
}

/// The name of a column.
pub(crate) fn heading(traffic: &Traffic) -> String {
    let Traffic { fan_out, posted, .. } = traffic;
    let destinations = if *fan_out == 1.0 { "1 destination".into() } else { format!("{fan_out} destinations") };
    if *posted == 1.0 { destinations } else { format!("{destinations}, {posted} events a request") }
}

fn dominating(bill: &Bill) -> String {
    let Some(line) = bill.dominating() else { return String::new() };
    let driver =
        line.driver().map(|part| format!(", mostly {:.2} for {:.3} {} an event", part.dollars, part.amount, part.what));
    let share = line.dollars / bill.dollars * 100.0;
    format!("{} dominates with {share:.0} %{}", line.service, driver.unwrap_or_default())
}

fn assumed(traffic: &Traffic) -> String {
    let Traffic { failing, payload, rules, batch, aws_ms, receiver_ms, cold, init_ms, pollers, metrics, .. } = traffic;
    format!(
        "For FAILING={failing} PAYLOAD={payload} RULES={rules} BATCH={batch}; assumed: AWS_MS={aws_ms} \
         RECEIVER_MS={receiver_ms} COLD={cold} INIT_MS={init_ms}\nBESIDE_BYTES={} PLATFORM_LOG_BYTES={} ACCESS_LOG_BYTES={} \
         ANSWER_BYTES={} POLLERS={pollers} RECOVERY={} METRICS={metrics}. Each can be set: `make cost BATCH=1`.\n\
         The free tier is not deducted. Each warm worker calls KMS once in five minutes for each operator: at most 8,640\n\
         calls a month, $0.03, for each. Rows are stored for 30 days.\n",
        traffic.beside_bytes,
        traffic.platform_log_bytes,
        traffic.access_log_bytes,
        traffic.answer_bytes,
        traffic.recovery
    )
}

#[cfg(test)]
mod tests {
    use super::super::{counts::tests::counts, prices::tests::table};
    use super::*;

    fn report(counts: &Counts) -> Report {
        let template = Template::parse(include_str!("../../../template.yaml")).expect("the template");
        let all = Traffic::all(|_| None).expect("defaults");
        Report::new(&all, counts, &table(), &template).expect("a report")
    }

    #[test]
    fn every_format_has_each_service_the_sum_and_the_alternatives() {
        let report = report(&counts());
        let all = format!("{:.2}", report.columns[1].bill.dollars);
        for format in ["", "markdown", "json"] {
            let text = report.print(Format::named(format).expect(format));
            for name in ["DynamoDB", "Lambda", "SQS", "SNS to HTTPS", "EventBridge API destinations"] {
                assert!(text.contains(name), "{name} is not in\n{text}");
            }
            assert!(format == "json" || text.contains(&all), "{all} is not in\n{text}");
        }
        let text = report.print(Format::Json);
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(json["columns"][1]["traffic"]["fan_out"], 10.0);
        // As text: a parsed number may differ in its last bit.
        let all = serde_json::to_string(&report.columns[1].bill.dollars).expect("a number");
        assert!(text.contains(&format!("\"dollars\": {all}")), "{all} is not in\n{text}");
        assert!(json["columns"][0]["dominating"].as_str().is_some_and(|text| text.contains("DynamoDB")));
    }

    #[test]
    fn an_unknown_format_is_named() {
        assert!(
            Format::named("csv").is_err_and(|error| error.contains("FORMAT is `csv`") && error.contains("markdown"))
        );
    }

    #[test]
    fn the_committed_counts_make_a_report() {
        let counts = Counts::parse(include_str!("../../../tests/bench/counts.json")).expect("the committed counts");
        let report = report(&counts);
        assert!(report.columns.iter().all(|column| column.bill.dollars.is_finite() && column.bill.dollars > 0.0));
        assert!(report.columns[0].bill.dollars < report.columns[1].bill.dollars);
        let smallest = &counts.scenarios[0];
        assert!(smallest.log_bytes.values().sum::<u64>() <= 450 * smallest.events as u64, "{:?}", smallest.log_bytes);
    }
}
