//! Text that fits: cut to a platform's limits, and escaped as it reads it.
