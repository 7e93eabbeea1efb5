//! Dollars.
