//! A proxy between the functions and the local cloud's DynamoDB and SQS that can inject faults.
//!
//! ```text
//! faults PORT_FILE CLOUD
//! ```
//!
//! It writes the port that it listens on to PORT_FILE. CLOUD is the directory of infra/local/cloud.py; the emulator may
//! start later. The tests control it over HTTP:
//!
//! ```text
//! POST   /_faults    injects the faults of `e2e::faults::Settings` from now on; the body is JSON
//! DELETE /_faults    stops injecting faults
//! GET    /_faults    returns how many faults of each kind were injected
//! ```

use std::{env, io, path::Path};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [port_file, cloud] = &arguments[..] else {
        return Err(io::Error::other("usage: faults PORT_FILE CLOUD"));
    };
    e2e::faults::serve(Path::new(port_file), Path::new(cloud)).await
}
