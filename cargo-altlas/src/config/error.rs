//! What can be wrong with a config, and its picture: the line with a caret.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::{ops::Range, path::PathBuf};

/// A config that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// Something in the text.
    #[error("{}", draw(path, text, message, span, help))]
    Text {
        /// The file.
        path: PathBuf,
        /// Its whole text.
        text: String,
        /// What is wrong.
        message: String,
        /// Where, in bytes.
        span: Range<usize>,
        /// What to do next.
        help: Option<String>,
    },
    /// The file as a whole.
    #[error("`{}` {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it is, as in `is a folder`.
        what: String,
    },
    /// The file cannot be read.
    #[error("could not read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There are two configs.
    #[error(
        "there are two configs: {first} and {second}; keep one of them, or name one with `--config`"
    )]
    Two {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// Cargo could not say which workspace this is.
    #[error("could not ask cargo about `{}`, which has a section for altlas", manifest.display())]
    Cargo {
        /// The `Cargo.toml`.
        manifest: PathBuf,
        /// Why.
        source: Box<cargo_metadata::Error>,
    },
}

/// The message, the line and the caret, without colour codes of its own: the stream adds none.
fn draw(
    path: &std::path::Path,
    text: &str,
    message: &str,
    span: &Range<usize>,
    help: &Option<String>,
) -> String {
    let end = span.end.min(text.len());
    let span = span.start.min(end)..end;
    let name = path.display().to_string();
    let snippet =
        Snippet::source(text).path(name.as_str()).annotation(AnnotationKind::Primary.span(span));
    let group = Level::ERROR.no_name().primary_title(message).element(snippet);
    let group = match help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    };
    Renderer::plain().render(&[group]).trim_start_matches(": ").to_owned()
}
