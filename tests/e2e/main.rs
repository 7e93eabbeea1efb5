//! Every route and every flow, over HTTP against the deployed template. One module per route group, one per flow.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod access;
mod accounts;
mod backoff;
mod channels;
mod chat;
mod credentials;
mod data_key;
mod destinations;
mod event_log;
mod events;
mod feedback;
mod health;
mod legacy;
mod limits;
mod logs;
mod mail_client;
mod notifications;
mod openapi;
mod overview;
mod preview;
mod producers;
mod project_channels;
mod provider_send;
mod providers;
mod receivers;
mod recovery;
mod rotation;
mod subscriptions;
mod team_mail;
mod timelines;
mod verification;
mod webhook_deliveries;
