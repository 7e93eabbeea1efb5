//! Prints what a million events cost, based on the counts of `make bench`: `make cost`.

use std::{io::Write, process::ExitCode};

use xtask::cost::{
    Error,
    counts::Counts,
    memory::{self, Comparison},
    prices::Table,
    report::{Format, Report},
    template::Template,
    traffic::Traffic,
};

/// The file of counts, unless COUNTS names another.
const COUNTS: &str = "tests/bench/counts.json";
const PRICES: &str = "xtask/prices.json";
const TEMPLATE: &str = "template.yaml";

fn main() -> ExitCode {
    let printed = report().and_then(|text| {
        std::io::stdout()
            .lock()
            .write_all(text.as_bytes())
            .map_err(|error| format!("the report could not be printed: {error}"))
    });
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn report() -> Result<String, Error> {
    let get = |name: &str| std::env::var(name).ok();
    let format = match std::env::args().nth(1).as_deref() {
        None => Format::named(&get("FORMAT").unwrap_or_default())?,
        Some("--json") => Format::Json,
        Some(other) => {
            return Err(format!("unknown argument `{other}`: use `--json`, or set a variable of `make cost`"));
        }
    };
    let counts = get("COUNTS").filter(|path| !path.is_empty()).unwrap_or_else(|| COUNTS.into());
    let traffic = Traffic::all(get)?;
    let counts = Counts::parse(&read(&counts, "Write it with `make bench`, or name another file with COUNTS")?)?;
    let table = Table::parse(&read(PRICES, "Run `make cost` in the folder of the Makefile")?)?;
    let template = Template::parse(&read(TEMPLATE, "Run `make cost` in the folder of the Makefile")?)?;
    if let Some(sizes) = memory::sizes(get)? {
        return Ok(Comparison::new(&traffic, &sizes, &counts, &table, &template)?.print(format));
    }
    Ok(Report::new(&traffic, &counts, &table, &template)?.print(format))
}

fn read(path: &str, what_to_do: &str) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}. {what_to_do}"))
}
