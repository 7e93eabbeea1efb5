//! Applies one report of the mail service.
//!
//! Reports can arrive twice, late, and in any order. Every step is therefore safe to repeat, and a report about a mail
//! sent before its address was last verified changes nothing.

use std::time::Duration;

use domain::{
    Address, Delivery, DeliveryId, DeliveryState, Destination, Kind, OperatorId, Unhealthy,
    delivery_plan::is_past_retention,
    destination::{Suppression, SuppressionReason},
    feedback::{Feedback, Outcome},
    hidden::without_people,
    lifecycle::{Reason, Trigger},
    system_events::{self, Mail},
    time::now,
};
use service::health::Completion;
use store::{
    Result,
    partiql::{Written, soon},
    suppressions::Suppressed,
};

use crate::App;

impl App {
    /// Applies a report.
    pub(crate) async fn apply(&self, feedback: &Feedback) -> Result<Completion> {
        let outcome = feedback.outcome.name();
        tracing::info!(
            mail_id = feedback.message_id,
            operator_id = feedback.operator_id.map(tracing::field::display),
            destination_id = feedback.destination_id.map(tracing::field::display),
            delivery_id = feedback.delivery_id.map(tracing::field::display),
            outcome,
            detail = detail(&feedback.outcome).map(without_people).as_deref(),
            "mail"
        );
        metrics::counter!("mails", "outcome" => outcome).increment(1);
        let Some(operator) = feedback.operator_id else { return Ok(Completion::Complete) };
        let emitted = self.emit(feedback).await?.and(self.suppress(operator, feedback).await?);
        let recorded = match feedback.outcome {
            Outcome::Bounced { .. } => self.came_back(operator, feedback, Reason::Bounced).await?,
            Outcome::Rejected { .. } => self.came_back(operator, feedback, Reason::Rejected).await?,
            _ => Completion::Complete,
        };
        Ok(emitted.and(recorded))
    }

    /// Emits an event for the report.
    async fn emit(&self, feedback: &Feedback) -> Result<Completion> {
        let Some(mail) = Mail::reported(feedback) else { return Ok(Completion::Complete) };
        let event = match &feedback.outcome {
            Outcome::Delayed { detail, at } => mail.delayed(*at, detail)?,
            Outcome::Bounced { detail, at, .. } => mail.bounced(*at, detail)?,
            Outcome::Rejected { detail } => mail.rejected(feedback.sent_at, detail)?,
            // The sender of the mail emits the event for `Sent`.
            Outcome::Sent | Outcome::Delivered | Outcome::Complained { .. } | Outcome::Other => {
                return Ok(Completion::Complete);
            }
        };
        Ok(Completion::of(&self.system_events.emit(&[event]).await?))
    }

    /// Suppresses the addresses that bounced or complained, and marks the mail's destination as unhealthy.
    async fn suppress(&self, operator: OperatorId, feedback: &Feedback) -> Result<Completion> {
        let Some((addresses, reason, detail, at)) = feedback.outcome.suppresses() else {
            return Ok(Completion::Complete);
        };
        let destination = match feedback.destination_id {
            Some(id) => self.destinations.get(operator, id).await?,
            None => None,
        };
        let known = destination.as_ref();
        if known.and_then(|found| found.verified_at).is_some_and(|verified_at| verified_at >= at) {
            // The address was verified after this report's time, so it works again.
            return Ok(Completion::Complete);
        }
        let mut emitted = Completion::Complete;
        for address in addresses {
            // A team's mail has several addresses. The report names the ones that it is about.
            let own = known.filter(|found| found.kind != Kind::OpsEmail).map(|found| found.uniqueness_key.clone());
            let Some(uniqueness_key) = own.or_else(|| key_of(address)) else {
                tracing::error!(mail_id = feedback.message_id, "a report names no address that can be suppressed");
                continue;
            };
            let suppression = Suppression {
                operator_id: operator,
                address: address.to_owned(),
                uniqueness_key,
                reason,
                detail: detail.to_owned(),
                since: at,
                delivery_id: feedback.delivery_id,
                message_id: feedback.mail_id,
            };
            emitted = emitted.and(self.suppress_one(&suppression, known).await?);
        }
        Ok(emitted)
    }

    async fn suppress_one(&self, suppression: &Suppression, known: Option<&Destination>) -> Result<Completion> {
        let operator = suppression.operator_id;
        match self.suppressions.insert(suppression).await? {
            Suppressed::New => metrics::counter!("suppressions").increment(1),
            Suppressed::ByThisBefore => {}
            Suppressed::Before => return self.mark(operator, known, suppression).await,
        }
        let emitted = Completion::of(&self.system_events.emit(&[system_events::suppressed(suppression)?]).await?);
        Ok(emitted.and(self.mark(operator, known, suppression).await?))
    }

    /// Marks the mail's destination as unhealthy.
    async fn mark(&self, operator: OperatorId, known: Option<&Destination>, by: &Suppression) -> Result<Completion> {
        let Some(destination) = known else { return Ok(Completion::Complete) };
        // A team still gets its mail at its other addresses.
        if destination.kind == Kind::OpsEmail && self.suppressions.of(destination).await?.wholly().is_none() {
            return Ok(Completion::Complete);
        }
        let what = match by.reason {
            SuppressionReason::Bounce => "mail to it came back",
            SuppressionReason::Complaint => "its reader reported a mail as spam",
        };
        let unhealthy = Unhealthy::new(by.since, &format!("{what}: {}", by.detail), by.delivery_id);
        self.health.mark(operator, destination.id, &unhealthy, None).await
    }

    /// Records that a delivery's mail was sent but did not arrive, so that the delivery can be recovered. The
    /// report has to be processed again if the attempt is not recorded yet or the write failed.
    async fn came_back(&self, operator: OperatorId, feedback: &Feedback, reason: Reason) -> Result<Completion> {
        let Some(id) = feedback.delivery_id else { return Ok(Completion::Complete) };
        // A mail can bounce before its attempt is recorded, and recording the attempt creates the delivery's row.
        let Some(row) = self.deliveries.get(operator, id).await? else {
            return Ok(if is_past_retention(id.event, now()) { Completion::Complete } else { Completion::Repeat });
        };
        let newest = row.attempts.last().and_then(|attempt| attempt.response.as_deref());
        if newest != Some(&feedback.message_id) {
            let known = |mail_id: &str| row.attempts.iter().any(|attempt| attempt.response.as_deref() == Some(mail_id));
            // A report about an earlier mail of this delivery says nothing about the newest one.
            let done = known(&feedback.message_id) || !on_its_way(&row);
            return Ok(if done { Completion::Complete } else { Completion::Repeat });
        }
        let Some(next) = row.state.after(&Trigger::Stopped(reason)) else { return Ok(Completion::Complete) };
        if self.others_got_it(operator, feedback, id).await? {
            return Ok(Completion::Complete);
        }
        let written = self.deliveries.execute(vec![self.deliveries.change(&row, &next)], soon()).await;
        Ok(Completion::of(&written.iter().map(|written| !matches!(written, Written::Failed(_))).collect::<Vec<_>>()))
    }

    /// Whether a mail that bounced at some of a team's addresses reached others. Addresses that bounced permanently are
    /// already suppressed at this point.
    async fn others_got_it(&self, operator: OperatorId, feedback: &Feedback, id: DeliveryId) -> Result<bool> {
        let Outcome::Bounced { addresses, .. } = &feedback.outcome else { return Ok(false) };
        let Some(to) = self.destinations.get(operator, id.destination).await? else { return Ok(false) };
        if to.kind != Kind::OpsEmail {
            return Ok(false);
        }
        let suppressed = self.suppressions.of(&to).await?;
        let back: Vec<_> = addresses.iter().filter_map(|address| key_of(address)).collect();
        let got_it = |(address, key): &(&str, String)| !suppressed.holds(address) && !back.contains(key);
        Ok(to.mail_addresses().iter().any(got_it))
    }
}

/// How long a delivery recorded as interrupted may still be in progress: the lifetime of the function that sends it.
const UNDER_WAY: Duration = Duration::from_secs(60);

fn on_its_way(row: &Delivery) -> bool {
    let young = Duration::try_from(now().duration_since(row.created_at)).is_ok_and(|age| age < UNDER_WAY);
    match row.state {
        DeliveryState::Pending | DeliveryState::Failed => true,
        _ => young && row.reason == Some(Reason::Interrupted),
    }
}

/// Normalizes an address, so that all its spellings compare equal. Needed when the destination is deleted.
fn key_of(address: &str) -> Option<String> {
    Some(Address::parse_email(address).ok()?.uniqueness_key())
}

fn detail(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Delayed { detail, .. }
        | Outcome::Bounced { detail, .. }
        | Outcome::Complained { detail, .. }
        | Outcome::Rejected { detail } => Some(detail),
        Outcome::Sent | Outcome::Delivered | Outcome::Other => None,
    }
}
