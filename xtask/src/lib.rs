//! Tools of the project: the OpenAPI text of all functions (`make openapi`), and what a million events cost
//! (`make cost`).
#![allow(clippy::expect_used, reason = "a tool that cannot go on says so by panicking")]

pub mod cost;
pub mod figures;
pub mod openapi;
