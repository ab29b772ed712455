//! A mistake in the text of a config, before it is drawn.

use std::ops::Range;

/// A mistake in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// What is wrong.
    pub(crate) message: String,
    /// Where, in bytes.
    pub(crate) span: Range<usize>,
    /// What to do next.
    pub(crate) help: Option<String>,
}
