//! Resolving the requirements of an image with uv: what uv is asked, and what its answer means.
//!
//! Nothing is run here. The program runs uv and hands its answer to [`ResolveRequest::outcome`].

mod conflict;
mod request;

pub use conflict::{Conflict, Reason};
pub use request::{ResolveRequest, python_platform};

use serde::Serialize;

/// How the resolution for an image ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resolution {
    /// The image, or the stage of a Dockerfile.
    pub image: String,
    /// How it ended.
    pub outcome: ResolveOutcome,
}

/// How a resolution ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolveOutcome {
    /// There is a set of versions that fits.
    Resolved,
    /// There is none.
    Conflict(Conflict),
    /// It is not known: an index could not be asked, or uv could not do its work.
    CouldNotLook {
        /// What could not be looked at: an index, a package.
        what: String,
        /// Why, in a sentence.
        reason: String,
        /// All that uv said.
        original: String,
    },
}
