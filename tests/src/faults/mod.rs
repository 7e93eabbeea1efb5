//! Injects faults between the functions and the local cloud's DynamoDB and SQS.
//!
//! The program `faults` is a proxy for all tests. It only forwards calls until a test requests faults ([`Faults`]).

mod call;
mod proxy;
mod settings;
mod state;

use std::path::Path;

use tokio::{
    net::TcpListener,
    sync::{Mutex, MutexGuard},
};

pub use settings::{Cap, Counts, Settings, Usage};

use crate::variable;

/// Serves the proxy on a free port, and writes the port to a file. `cloud` is the directory of infra/local/cloud.py,
/// whose emulator may start later.
///
/// # Errors
/// When there is no free port, or the file cannot be written.
pub async fn serve(port_file: &Path, cloud: &Path) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let part = port_file.with_extension("part");
    std::fs::write(&part, listener.local_addr()?.port().to_string())?;
    std::fs::rename(part, port_file)?;
    match proxy::Proxy::before(cloud.join("emulator.json")).serve(listener).await {}
}

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Exclusive access to the proxy: other tests of the same program wait. All faults stop when this is dropped.
pub struct Faults {
    _alone: MutexGuard<'static, ()>,
}

impl Faults {
    /// Waits until no other test uses the proxy, and stops all faults.
    pub async fn exclusive() -> Self {
        let alone = Self { _alone: ONE_AT_A_TIME.lock().await };
        alone.reset().await;
        alone
    }

    /// Injects these faults from now on. Counts restart at 0.
    pub async fn set(&self, settings: &Settings) {
        sent(reqwest::Client::new().post(url()).json(settings)).await;
    }

    /// Stops all faults, and returns how many were injected.
    pub async fn reset(&self) -> Counts {
        let counts = self.counts().await;
        sent(reqwest::Client::new().delete(url())).await;
        counts
    }

    /// The faults injected since they were set.
    pub async fn counts(&self) -> Counts {
        sent(reqwest::Client::new().get(url())).await.json().await.expect("counts")
    }

    /// The units that calls requested of partitions with a cap, since the caps were set.
    pub async fn usage(&self) -> Vec<Usage> {
        sent(reqwest::Client::new().get(format!("{}/usage", url()))).await.json().await.expect("usage")
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        // If a test panics, its runtime stops too: this request needs its own.
        let reset = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(sent(reqwest::Client::new().delete(url())));
        };
        if std::thread::spawn(reset).join().is_err() {
            eprintln!("the fault proxy could not be reset");
        }
    }
}

fn url() -> String {
    format!("{}{}", variable("FAULTS_URL"), proxy::CONTROL)
}

async fn sent(request: reqwest::RequestBuilder) -> reqwest::Response {
    request.send().await.expect("the fault proxy").error_for_status().expect("an answer of the fault proxy")
}
