//! Lambda, for one function.
