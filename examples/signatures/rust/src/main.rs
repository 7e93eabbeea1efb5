//! Checks the verifiers against the test vectors: `cargo run -- [vectors.json]`.

use std::{env, error::Error, fs, process::ExitCode};

use serde_json::Value;

fn check(vector: &Value, now: u64) -> Result<bool, Box<dyn Error>> {
    let text = |name: &str| vector[name].as_str().ok_or_else(|| format!("a vector has no {name}"));
    let (body, secret) = (text("body")?.as_bytes(), text("secret")?);
    let headers = |name: &str| vector["headers"][name].as_str();
    Ok(match text("scheme")? {
        "standard" => verify::verify_standard_webhooks(body, headers, secret, now),
        "svix" => verify::verify_svix(body, headers, secret, now),
        "stack" => verify::verify_stack(body, headers, secret),
        "mail" => verify::verify_mail(body, headers, secret, now),
        "providers" => verify::verify_provider(body, headers, secret),
        "config" => verify::verify_project_channel(body, headers, secret),
        other => return Err(format!("unknown scheme {other}").into()),
    })
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors.json");
    let path = env::args().nth(1).unwrap_or_else(|| default.to_owned());
    let document: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    let now = document["now"].as_u64().ok_or("the vectors have no time")?;
    let vectors = document["vectors"].as_array().ok_or("no vectors")?;
    let mut wrong = 0;
    for vector in vectors {
        let (verified, valid) = (check(vector, now)?, &vector["valid"]);
        if *valid != verified {
            wrong += 1;
            println!("{}, {}: got {verified}, expected {valid}", vector["scheme"], vector["name"]);
        }
    }
    println!("{} vectors, {wrong} wrong", vectors.len());
    Ok(if wrong == 0 && !vectors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
