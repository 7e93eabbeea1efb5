//! Records when at least one call was in progress.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// Spans of time, in order and without overlap.
#[derive(Default)]
pub(super) struct Spans {
    past: Vec<(Instant, Instant)>,
    under_way: usize,
    /// The start of the span in progress.
    began: Option<Instant>,
}

/// A call in progress. It ends when this is dropped, also when its caller disconnects.
pub(super) struct Span<'a>(&'a Mutex<Spans>);

impl Spans {
    pub(super) fn begin(spans: &Mutex<Self>) -> Span<'_> {
        spans.lock().expect("no panic").enter(Instant::now());
        Span(spans)
    }

    fn enter(&mut self, now: Instant) {
        self.under_way += 1;
        self.began.get_or_insert(now);
    }

    fn leave(&mut self, now: Instant) {
        self.under_way -= 1;
        if self.under_way == 0 {
            self.past.extend(self.began.take().map(|began| (began, now)));
        }
    }

    /// How much of the time between these two the spans cover.
    pub(super) fn busy(&self, from: Instant, to: Instant) -> Duration {
        let first = self.past.partition_point(|(_, end)| *end <= from);
        let open = self.began.map(|began| (began, to));
        let within = |(begin, end): (Instant, Instant)| end.min(to).saturating_duration_since(begin.max(from));
        self.past[first..].iter().copied().take_while(|(begin, _)| *begin < to).chain(open).map(within).sum()
    }
}

impl Drop for Span<'_> {
    fn drop(&mut self) {
        self.0.lock().expect("no panic").leave(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_with_several_calls_counts_once() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut spans = Spans::default();
        spans.enter(at(1));
        spans.enter(at(2));
        spans.leave(at(3));
        spans.leave(at(5));
        spans.enter(at(7));
        spans.leave(at(8));
        spans.enter(at(10));
        let busy = |from, to| spans.busy(at(from), at(to)).as_secs();
        assert_eq!(busy(0, 9), 5, "from 1 to 5, and from 7 to 8");
        assert_eq!(busy(2, 4), 2);
        assert_eq!(busy(5, 7), 0);
        assert_eq!(busy(4, 8), 2);
        assert_eq!(busy(9, 12), 2, "a call in progress counts until the end");
        assert_eq!(busy(0, 1), 0);
    }
}
