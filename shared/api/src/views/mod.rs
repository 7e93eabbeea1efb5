//! JSON views that more than one function returns. They are separate from the stored rows, so that either can change
//! alone.

mod actions;
mod deleted;
mod delivery;
mod delivery_record;
mod destination;
mod event;
mod health;
mod message;
mod traffic;

pub use actions::{CodeSent, Recovered, TestResult, Verified};
pub use deleted::Deleted;
pub use delivery::{AttemptView, DeliveryPage, DeliveryView, HeaderView};
pub use delivery_record::{AttemptRecord, DeliveryRecord, DeliveryRecords};
pub use destination::DestinationView;
pub use event::{EventPage, EventView};
pub use health::{HealthRecord, HealthView};
pub use message::{MailView, MessageView, SmsView};
pub use traffic::{BreakerView, PaceSource, PaceView, TrafficView};
