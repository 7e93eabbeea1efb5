//! Prints the figures as tables.

use std::collections::{BTreeMap, BTreeSet};

use bench::{
    budget::{self, beside},
    scenario::Figures,
    stage::PIPELINE,
};
use comfy_table::{Table, presets::ASCII_MARKDOWN};

use crate::Results;

fn table<'a>(head: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(head.into_iter().collect::<Vec<_>>());
    table
}

pub(crate) fn print(results: &Results) {
    if !results.starts.is_empty() {
        println!("\nStarts: the median of twenty. Times in ms.\n");
        let mut rows = table(["function", "first poll", "processor", "first invocation", "resident MiB", "zip MB"]);
        for start in &results.starts {
            rows.add_row([
                start.function.to_owned(),
                beside(format!("{:.1}", start.first_poll_ms), Some(budget::FIRST_POLL_MS)),
                format!("{:.1}", start.cpu_ms),
                start.first_invocation_ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1}")),
                beside(format!("{:.1}", start.resident_mib), Some(budget::RESIDENT_MIB)),
                beside(format!("{:.2}", start.zip_mb), Some(budget::ZIP_MB)),
            ]);
        }
        println!("{rows}");
    }
    let timed: Vec<_> = results.scenarios.iter().filter(|figures| !figures.cpu_us.is_empty()).collect();
    if !timed.is_empty() {
        println!("\nProcessor time per delivery, in µs, of the functions' processes alone.\n");
        let mut rows = table(["", "all"].into_iter().chain(PIPELINE));
        for figures in timed {
            let of = |name: &str| figures.cpu_us.get(name).copied().unwrap_or_default() / figures.deliveries as f64;
            let budget = budget::of(&figures.name).map(|budget| budget.cpu_us);
            let all = beside(format!("{:.0}", figures.cpu_us_per_delivery()), budget);
            let each = PIPELINE.map(|name| format!("{:.0}", of(name)));
            rows.add_row([figures.name.clone(), all].into_iter().chain(each));
        }
        println!("{rows}");
    }
    if !results.instructions.is_empty() {
        println!("\nInstructions per delivery, in thousands, without those of SHA-256's compression.\n");
        let mut rows = table(["", "all"].into_iter().chain(PIPELINE));
        for figures in &results.instructions {
            let per = |total: u64| format!("{:.0}", total as f64 / figures.deliveries as f64 / 1000.0);
            let each = PIPELINE.map(|name| per(figures.instructions.get(name).copied().unwrap_or_default()));
            let budget = budget::of(&figures.name).map(|budget| budget.kiloinstructions);
            let all = beside(per(figures.instructions.values().sum()), budget);
            rows.add_row([figures.name.clone(), all].into_iter().chain(each));
        }
        println!("{rows}");
    }
    if !results.scenarios.is_empty() {
        counts(&results.scenarios);
    }
    if let Some(latency) = &results.latency {
        println!(
            "\nFrom an accepted event to its receiver, {} events one after the other: median {:.1} ms, p99 {:.1} ms. \
             The local cloud took {:.1} ms of it (median); without it:  median {:.1} ms, p99 {:.1} ms.",
            latency.events,
            latency.median_ms,
            latency.p99_ms,
            latency.cloud_median_ms,
            latency.own_median_ms,
            latency.own_p99_ms,
        );
    }
    for (function, mebibytes) in &results.resident_mib {
        println!("In memory at the end, {function}: {mebibytes:.1} MiB");
    }
    println!();
}

/// Prints the traffic's calls to AWS: one table each for calls, for DynamoDB units, and for other billed amounts.
fn counts(scenarios: &[Figures]) {
    println!("\nCalls to AWS per event. Lambda's pollers make those marked «by Lambda».\n");
    println!("{}", matrix(scenarios, |figures| figures.calls.iter().map(|(name, n)| (name, *n as f64)).collect()));
    println!("\nDynamoDB's write units per event, by table and index.\n");
    println!("{}", matrix(scenarios, |figures| figures.writes.iter().map(|(name, n)| (name, *n)).collect()));
    println!("\nDynamoDB's read units per event, by table and index.\n");
    println!("{}", matrix(scenarios, |figures| figures.reads.iter().map(|(name, n)| (name, *n)).collect()));
    println!("\nPer event: requests that SQS bills, including those of Lambda's pollers; bytes of log.\n");
    let mut rows = table(["", "SQS requests", "log bytes"]);
    for figures in scenarios {
        let per = |total: u64| total as f64 / figures.events as f64;
        let [requests, log] = [figures.sqs_requests, figures.log_bytes.values().sum()].map(per);
        let budget = (figures.name == "1 destination").then_some(budget::LOG_BYTES);
        rows.add_row([figures.name.clone(), format!("{requests:.2}"), beside(format!("{log:.0}"), budget)]);
    }
    println!("{rows}");
}

/// A table with a column for each name, per event, and their sum.
fn matrix<'a>(scenarios: &'a [Figures], of: impl Fn(&'a Figures) -> BTreeMap<&'a String, f64>) -> Table {
    let names: BTreeSet<_> = scenarios.iter().flat_map(|figures| of(figures).into_keys()).collect();
    let mut rows = table(["", "all"].into_iter().chain(names.iter().map(|name| name.as_str())));
    for figures in scenarios {
        let values = of(figures);
        let per = |total: f64| format!("{:.2}", total / figures.events as f64);
        let each = names.iter().map(|name| values.get(name).map_or_else(String::new, |n| per(*n)));
        rows.add_row([figures.name.clone(), per(values.values().sum())].into_iter().chain(each));
    }
    rows
}
