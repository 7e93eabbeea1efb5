//! The format of log lines.

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{
        self, FmtContext, FormatEvent, FormatFields,
        format::{Format, Json, Writer},
    },
    registry::LookupSpan,
};

/// JSON lines. Lines of the level `INFO`, which are almost all, have no level and no time: Lambda treats a line without
/// them as `INFO`, and CloudWatch Logs stores the time of every line anyway.
pub(crate) struct Lines {
    info: Format<Json, ()>,
    other: Format<Json>,
}

impl Lines {
    pub(crate) fn new() -> Self {
        let json = fmt::format().json().flatten_event(true).with_current_span(false).with_span_list(false);
        let other = json.with_target(false);
        Self { info: other.clone().without_time().with_level(false), other }
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> std::fmt::Result {
        match *event.metadata().level() {
            Level::INFO => self.info.format_event(context, writer, event),
            _ => self.other.format_event(context, writer, event),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_lines_of_other_levels_than_info_have_a_level_and_a_time() {
        let written = Written::default();
        let writer = written.clone();
        let subscriber =
            tracing_subscriber::fmt().event_format(Lines::new()).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(attempt = 1, status = 204);
            tracing::warn!(status = 500, "refused");
        });
        let text = String::from_utf8(written.0.lock().expect("no panic").clone()).expect("text");
        let (info, warn) = text.split_once('\n').expect("two lines");
        assert_eq!(info, r#"{"attempt":1,"status":204}"#);
        let warn: serde_json::Value = serde_json::from_str(warn).expect("JSON");
        assert_eq!((&warn["level"], &warn["message"]), (&"WARN".into(), &"refused".into()));
        assert!(warn["timestamp"].is_string(), "{warn}");
    }
}
