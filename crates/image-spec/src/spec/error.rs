//! What is wrong with a specification as a whole, so that no image comes of it.

use crate::Place;

/// Why a specification makes no images.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// An image builds on one that is not there.
    #[error(
        "image `{image}` builds on `{from}`, and there is no such image{nearest}",
        nearest = did_you_mean(nearest.as_deref())
    )]
    UnknownParent {
        /// The image.
        image: String,
        /// What it builds on.
        from: String,
        /// The name that was probably meant.
        nearest: Option<String>,
        /// Where it is written.
        place: Place,
    },
    /// Images build on each other.
    #[error("images build on each other in a circle: {}", circle(chain))]
    Circular {
        /// The images of the circle; the last builds on the first.
        chain: Vec<String>,
        /// Where the first says on what it builds.
        place: Place,
    },
    /// An image says twice what it begins with.
    #[error(
        "image `{image}` has `{key}` beside `from`: what builds on another image begins with that \
         image's base; remove one of the two"
    )]
    FromAndBase {
        /// The image.
        image: String,
        /// The key that belongs to an image with a base of its own.
        key: &'static str,
        /// Where that is written.
        place: Place,
    },
    /// An image needs a version that is not written.
    #[error(
        "image `{image}` begins with CUDA, and `[cuda]` has no `{key}`; add it, as in `{example}`, or \
         give the image a `base` with a tag"
    )]
    StackMissing {
        /// The image.
        image: String,
        /// The key of `[cuda]`.
        key: &'static str,
        /// A line that adds it.
        example: &'static str,
        /// Where the image is written.
        place: Place,
    },
    /// A text of `pip` is no requirement.
    #[error("`{text}` is not a Python package such as `pytest` or `httpx>=0.28`")]
    Requirement {
        /// The text.
        text: String,
        /// Where it is written.
        place: Place,
    },
    /// A base is neither a flavour nor a reference.
    #[error("{reason}")]
    Base {
        /// What is wrong with it.
        reason: String,
        /// Where it is written.
        place: Place,
    },
}

impl SpecError {
    /// Where it is written.
    pub fn place(&self) -> &Place {
        match self {
            Self::UnknownParent { place, .. }
            | Self::Circular { place, .. }
            | Self::FromAndBase { place, .. }
            | Self::StackMissing { place, .. }
            | Self::Requirement { place, .. }
            | Self::Base { place, .. } => place,
        }
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}

fn circle(chain: &[String]) -> String {
    let names = chain.iter().chain(chain.first()).map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(" on ")
}
