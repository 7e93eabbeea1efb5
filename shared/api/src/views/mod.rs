//! JSON of the nouns that more than one function shows. Apart from the rows, so that either can change alone.

mod deleted;
mod delivery;
mod delivery_record;
mod destination;
mod event;
mod health;
mod traffic;

pub use deleted::Deleted;
pub use delivery::{AttemptView, DeliveryPage, DeliveryView};
pub use delivery_record::{AttemptRecord, DeliveryRecord, DeliveryRecords};
pub use destination::DestinationView;
pub use event::{EventPage, EventView};
pub use health::{HealthRecord, HealthView};
pub use traffic::{BreakerView, PaceSource, PaceView, TrafficView};
