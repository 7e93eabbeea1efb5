//! Trace spans, named by OpenTelemetry's semantic conventions and sent to AWS X-Ray.
//!
//! Lambda runs the X-Ray daemon beside every function with active tracing. A span is one JSON document in one datagram
//! to it, so there is no connection, no flush and no wait. The OpenTelemetry SDK with an exporter would need all three,
//! and a collector as a layer of the function.
//!
//! If tracing is off or a trace is not sampled, nothing happens: a [`Span`] is then empty, reads no clock and does not
//! allocate.

mod document;
mod span;

use std::{
    env,
    future::Future,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::OnceLock,
};

use domain::TraceContext;

pub use span::{Kind, Span};

/// The X-Ray daemon, and the name of the service that reports to it.
struct Daemon {
    socket: UdpSocket,
    address: SocketAddr,
    service: String,
}

static DAEMON: OnceLock<Daemon> = OnceLock::new();

tokio::task_local! {
    static CURRENT: Option<TraceContext>;
}

/// Turns on tracing if `TRACING` is `Active`, which the template sets. Call it once, when a function starts.
///
/// `service` is the part of the system that the function implements.
pub fn init(service: &str) {
    if env::var("TRACING").is_ok_and(|mode| mode == "Active") {
        match daemon(service) {
            Ok(daemon) => drop(DAEMON.set(daemon)),
            Err(error) => tracing::error!(%error, "tracing is off"),
        }
    }
}

fn daemon(service: &str) -> std::io::Result<Daemon> {
    let address = env::var("AWS_XRAY_DAEMON_ADDRESS").ok();
    let address = address.as_deref().and_then(udp_address).unwrap_or((Ipv4Addr::LOCALHOST, 2000).into());
    let socket = UdpSocket::bind(match address {
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    })?;
    socket.set_nonblocking(true)?;
    Ok(Daemon { socket, address, service: service.to_owned() })
}

/// Reads the UDP address of the daemon: `127.0.0.1:2000`, or `tcp:127.0.0.1:2000 udp:127.0.0.2:2001`.
fn udp_address(text: &str) -> Option<SocketAddr> {
    let parts = || text.split_ascii_whitespace();
    parts().find_map(|part| part.strip_prefix("udp:")).or_else(|| parts().next())?.parse().ok()
}

/// Reads the context from X-Ray's header, if tracing is on and the trace is sampled.
pub fn incoming(header: Option<&str>) -> Option<TraceContext> {
    DAEMON.get()?;
    TraceContext::from_header(header?)
}

/// Returns the name of a queue for spans: `accepted` for `my-stack-AcceptedQueue-0A1B2C`. CloudFormation's additions
/// differ between stacks, and many spans should share a name.
pub fn queue_label(queue: &str) -> String {
    let logical = queue.split('-').find_map(|part| part.strip_suffix("Queue").or(part.strip_suffix("DeadLetters")));
    logical.filter(|name| !name.is_empty()).unwrap_or(queue).to_ascii_lowercase()
}

/// Runs `work` in this context, so that [`current`] returns it there.
pub fn within<F: Future>(context: Option<TraceContext>, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(context, work)
}

/// Returns the context of the current task.
pub fn current() -> Option<TraceContext> {
    CURRENT.try_with(|context| *context).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daemons_address_has_two_forms() {
        let address = |text: &str| udp_address(text).map(|address| address.to_string());
        assert_eq!(address("169.254.79.129:2000").as_deref(), Some("169.254.79.129:2000"));
        assert_eq!(address("tcp:127.0.0.1:2000 udp:127.0.0.2:2001").as_deref(), Some("127.0.0.2:2001"));
        assert_eq!(address("[::1]:2000").as_deref(), Some("[::1]:2000"));
        assert_eq!(address(""), None);
    }

    #[test]
    fn a_queue_has_one_label_in_all_stacks() {
        assert_eq!(queue_label("my-stack-AcceptedQueue-0A1B2C3D"), "accepted");
        assert_eq!(queue_label("stack-notifications-EventsDeadLetters-X"), "events");
        assert_eq!(queue_label("bench-deliveries"), "bench-deliveries");
    }

    #[test]
    fn nothing_is_traced_unless_tracing_is_on() {
        let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        assert!(TraceContext::from_header(header).is_some());
        assert_eq!(incoming(Some(header)), None);
    }

    #[tokio::test]
    async fn a_context_ends_with_its_work() {
        let context = TraceContext::from_header("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
        assert_eq!(within(context, async { current() }).await, context);
        assert_eq!(within(context, within(None, async { current() })).await, None);
        assert_eq!(current(), None);
    }
}
