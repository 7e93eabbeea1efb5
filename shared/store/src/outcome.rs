//! The outcomes of writes with a condition.

/// The outcome of a change to a row that was read before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Changed {
    /// The change was made.
    Yes,
    /// The row has been changed or deleted since it was read.
    Meanwhile,
}

/// The outcome of a write to a row that must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum IfExists {
    /// The write was made.
    Done,
    /// The row does not exist.
    Missing,
}

/// The outcome of an insertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Inserted {
    /// The row was inserted.
    Yes,
    /// A row with the same key exists.
    Exists,
}

impl Changed {
    pub(crate) fn if_done(done: bool) -> Self {
        if done { Self::Yes } else { Self::Meanwhile }
    }
}

impl IfExists {
    pub(crate) fn if_done(done: bool) -> Self {
        if done { Self::Done } else { Self::Missing }
    }
}

impl Inserted {
    pub(crate) fn if_done(done: bool) -> Self {
        if done { Self::Yes } else { Self::Exists }
    }
}
