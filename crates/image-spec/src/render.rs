//! From the specification to the files that Docker builds: `Dockerfile`, `.dockerignore`, the
//! self-test, the manifest of models.
//!
//! [`render`] is pure: what lies on the disk, such as a lock, is told to it. What it writes is the
//! same for the same input, down to the byte, so that CI can compare. Values of the config are quoted
//! by `render/quote.rs` and nowhere else.

mod ignore;
mod installer;
mod labels;
mod models;
mod nsight;
mod packages;
mod pins;
mod plan;
mod python;
mod quote;
mod seal;
mod selftest;
mod stage;
mod user;

pub use pins::Pins;
pub use seal::{Seal, seal};

use crate::{Recipe, Spec};
use plan::Plan;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// What stands in the first lines of every rendered file, and by which it is known again.
pub const MARKER: &str = "Written by cargo altlas image render";

/// What to render, and what lies on the disk.
#[derive(Debug, Clone, Default)]
pub struct RenderOptions {
    /// The images; empty for all.
    pub names: Vec<String>,
    /// A file for each image, instead of one with a stage for each.
    pub split: bool,
    /// Whether the frameworks stand in a file `requirements-gpu.txt`, instead of in the commands.
    pub requirements: bool,
    /// The folder that the files are written to, from the folder that is built: `docker`. Empty where
    /// that is the same.
    pub folder: String,
    /// The locks that are there, by image.
    pub locks: BTreeMap<String, Pins>,
    /// For each requirements file the files that it includes, from the folder that is built.
    pub includes: BTreeMap<String, Vec<String>>,
}

/// A rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Its path, from the folder that it is written to.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// Why a specification cannot be written as a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// There is nothing to render.
    #[error("the config has no image; add a section such as `[image.prod]`")]
    NoImage,
    /// A name that is not in the config.
    #[error("there is no image `{name}` in the config; it has {known}")]
    UnknownName {
        /// The name.
        name: String,
        /// The names that are there, for a sentence.
        known: String,
    },
    /// An image builds on one that is not there.
    #[error("`image.{name}` builds on `{from}`, which the config does not have")]
    UnknownParent {
        /// The image.
        name: String,
        /// What it builds on.
        from: String,
    },
    /// Images build on each other in a circle.
    #[error("`image.{name}` builds on itself, over {through}")]
    Circle {
        /// The image.
        name: String,
        /// The others, for a sentence.
        through: String,
    },
    /// The base could not be found out.
    #[error(
        "the base of `image.{name}` is not known: `{base}`; `cargo altlas image check` says why"
    )]
    NoBase {
        /// The image.
        name: String,
        /// What is written.
        base: String,
    },
    /// A name that a stage cannot have.
    #[error(
        "the image name `{name}` cannot name a stage: it begins with a small letter, holds small \
         letters, digits, `-`, `_` and `.`, and is not `scratch` or `context`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// The stage that builds for an image has the name of another image.
    #[error(
        "`image.{name}` needs a stage `{stage}` of its own, and an image has that name; rename it"
    )]
    Taken {
        /// The image.
        name: String,
        /// The stage.
        stage: String,
    },
    /// A value that cannot be written so that it means what it says.
    #[error("`{key}` cannot be {value:?}: {reason}")]
    Value {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// Why not.
        reason: &'static str,
    },
    /// Something is to be installed where nothing can be.
    #[error("`image.{name}` begins with `scratch`, in which nothing can be installed: {what}")]
    Scratch {
        /// The image.
        name: String,
        /// What it asks for.
        what: &'static str,
    },
    /// A file that pip cannot install from.
    #[error(
        "`image.{name}` names `{file}`, and pip installs only from requirements files; \
         `cargo altlas image lock {name}` makes one of it"
    )]
    NoRequirements {
        /// The image.
        name: String,
        /// The file.
        file: String,
    },
    /// Nsight for a base without NVIDIA's archive, or a CUDA that is not in the table.
    #[error("`image.{name}.nsight`: {reason}")]
    Nsight {
        /// The image.
        name: String,
        /// Why not.
        reason: String,
    },
}

/// The files for the images of a specification. `recipes` are those of [`Recipe::from_spec`].
///
/// # Errors
/// Where something cannot be written so that it means what the specification says.
pub fn render(
    spec: &Spec,
    recipes: &[Recipe],
    options: &RenderOptions,
) -> Result<Vec<RenderedFile>, RenderError> {
    let plan = Plan::new(spec, recipes, options)?;
    let mut files = Vec::new();
    let mut file = |name: &str, text: String| {
        files.push(RenderedFile { path: PathBuf::from(name), text: seal::sealed(&text) });
    };
    let mut copied = BTreeSet::new();
    if options.split {
        for index in plan.wanted() {
            let name = plan.image(index).name;
            let rendered = stage::dockerfile(&plan, &plan.line(index))?;
            file(&format!("Dockerfile.{name}"), rendered.text);
            if !options.folder.is_empty() {
                file(&format!("Dockerfile.{name}.dockerignore"), ignore::text(&rendered.copied));
            }
            copied.extend(rendered.copied);
        }
    } else {
        let rendered = stage::dockerfile(&plan, &plan.all())?;
        file("Dockerfile", rendered.text);
        copied = rendered.copied;
        if !options.folder.is_empty() {
            file("Dockerfile.dockerignore", ignore::text(&copied));
        }
    }
    if options.folder.is_empty() {
        file(".dockerignore", ignore::text(&copied));
    }
    for (name, text) in selftest::files(&plan) {
        file(name, text);
    }
    for (name, text) in models::files(&plan)? {
        file(&name, text);
    }
    if let Some(text) = python::requirements_file(&plan).filter(|_| options.requirements) {
        file(python::REQUIREMENTS, text);
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
