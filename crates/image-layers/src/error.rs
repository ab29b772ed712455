//! Why an image cannot be read.

/// Why an image cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A layer ends early, or its compression is broken.
    #[error("the layer `{name}` cannot be read to its end")]
    Layer {
        /// Its digest, or its name in the archive.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// A layer has other bytes than its digest says.
    #[error("the layer `{name}` has the digest `{found}`")]
    Digest {
        /// The digest that it should have.
        name: String,
        /// The digest that it has.
        found: String,
    },
    /// A layer has more entries than any image.
    #[error("the layer `{name}` has more than {most} entries")]
    TooMany {
        /// The layer.
        name: String,
        /// The limit.
        most: usize,
    },
    /// The archive as a whole.
    #[error("the archive cannot be read to its end")]
    Archive(
        /// Why.
        #[source]
        std::io::Error,
    ),
    /// A part that another part names is missing.
    #[error("it is incomplete: `{0}` is missing")]
    Missing(
        /// The part.
        String,
    ),
    /// A manifest or a configuration is not what it should be.
    #[error("`{name}` is not a valid manifest or configuration")]
    Json {
        /// The part.
        name: String,
        /// Why.
        source: serde_json::Error,
    },
    /// It is something else.
    #[error("there is no image in it: {0}")]
    NoImage(
        /// What was expected.
        String,
    ),
    /// It holds several images, of which one must be named.
    #[error("it holds several images, name one of them: {}", .0.join(", "))]
    Several(
        /// Their names.
        Vec<String>,
    ),
    /// A file of a layout cannot be read.
    #[error("could not read `{path}`")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}
