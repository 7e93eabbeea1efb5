//! The figures for people.

use std::collections::BTreeMap;

use bench::{scenario::Figures, stage::ON_THE_WAY};
use comfy_table::{Table, presets::ASCII_MARKDOWN};

use crate::Results;

fn table<'a>(head: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(head.into_iter().collect::<Vec<_>>());
    table
}

/// Prints all of it.
pub(crate) fn print(results: &Results) {
    if !results.starts.is_empty() {
        println!("\nStarts: the median of twenty. Times in ms.\n");
        let mut rows = table(["function", "first poll", "processor", "first invocation", "resident MiB", "zip MB"]);
        for start in &results.starts {
            rows.add_row([
                start.function.to_owned(),
                format!("{:.1}", start.first_poll_ms),
                format!("{:.1}", start.cpu_ms),
                start.first_invocation_ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1}")),
                format!("{:.1}", start.resident_mib),
                format!("{:.2}", start.zip_mb),
            ]);
        }
        println!("{rows}");
    }
    let timed: Vec<_> = results.scenarios.iter().filter(|figures| !figures.cpu_us.is_empty()).collect();
    if !timed.is_empty() {
        println!("\nProcessor time per delivery, in µs, of the functions' processes alone.\n");
        let mut rows = table(["", "all"].into_iter().chain(ON_THE_WAY));
        for figures in timed {
            let of = |name: &str| figures.cpu_us.get(name).copied().unwrap_or_default() / figures.deliveries as f64;
            let all = format!("{:.0}", figures.cpu_us_per_delivery());
            let each = ON_THE_WAY.map(|name| format!("{:.0}", of(name)));
            rows.add_row([figures.name.clone(), all].into_iter().chain(each));
        }
        println!("{rows}");
    }
    if !results.scenarios.is_empty() {
        println!("\nPer event: calls of AWS, requests that SQS bills (Lambda's pollers included), DynamoDB's units.\n");
        let mut rows = table(["", "calls", "SQS requests", "read units", "write units", "log bytes"]);
        for figures in &results.scenarios {
            let per = |total: f64| format!("{:.2}", total / figures.events as f64);
            rows.add_row([
                figures.name.clone(),
                each(&figures.calls, figures, |n| n as f64),
                per(figures.sqs_requests as f64),
                format!("{} ({})", per(figures.reads.values().sum()), each(&figures.reads, figures, |n| n)),
                format!("{} ({})", per(figures.writes.values().sum()), each(&figures.writes, figures, |n| n)),
                format!("{:.0}", figures.log_bytes.values().sum::<u64>() as f64 / figures.events as f64),
            ]);
        }
        println!("{rows}");
    }
    if let Some(latency) = &results.latency {
        println!(
            "\nFrom an accepted event to its receiver, {} events one after the other: median {:.1} ms, p99 {:.1} ms. \
             Of it the local cloud took {:.1} ms (median); without that: median {:.1} ms, p99 {:.1} ms.",
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

/// Each of them per event, largest first.
fn each<T: Copy>(values: &BTreeMap<String, T>, figures: &Figures, number: fn(T) -> f64) -> String {
    let mut all: Vec<_> = values.iter().map(|(name, n)| (number(*n) / figures.events as f64, name)).collect();
    all.retain(|(n, _)| *n > 0.0);
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.iter().map(|(n, name)| format!("{name} {n:.2}")).collect::<Vec<_>>().join(", ")
}
