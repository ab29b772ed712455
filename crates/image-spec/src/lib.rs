//! What goes into a CUDA image, whether that can exist, the files it renders to, and building and
//! pushing them.
//!
//! Everything goes one way. A [`Spec`] (sections of `altlas.toml`) or a [`Dockerfile`] written by hand
//! becomes [`Recipe`]s: what each image will hold, every item with its [`Place`]. [`check`] judges
//! recipes with the tables of [`cuda_compat`], whoever wrote them, and hands back typed [`Problem`]s.
//! The crate never guesses: what a file leaves open stays `None`.

mod checks;
mod dockerfile;
mod place;
mod recipe;
mod reference;
mod requirements;
mod scene;
mod spec;
mod written;

pub use checks::*;
pub use dockerfile::{Dockerfile, DockerfileError};
pub use place::{Place, Placed};
pub use recipe::{AptPackage, Base, PipRequirement, PythonFrom, Recipe, RequirementsUse};
pub use reference::{Reference, ReferenceError};
pub use requirements::{RequirementsError, RequirementsFile};
pub use scene::{Fleet, Gpu, Scene, check};
pub use spec::{
    Copy, Engine, Healthcheck, Image, Model, Portable, Project, PythonSource, Registry, Spec,
    Stack, Usage, Visibility,
};
