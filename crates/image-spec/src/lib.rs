//! What goes into a CUDA image, whether that can exist, the files it renders to, and building and
//! pushing them.
//!
//! Everything goes one way. A [`Spec`] (sections of `altlas.toml`) or a [`Dockerfile`] written by hand
//! becomes [`Recipe`]s: what each image will hold, every item with its [`Place`]. [`check`] judges
//! recipes with the tables of [`cuda_compat`], whoever wrote them, and hands back typed [`Problem`]s.
//! The crate never guesses: what a file leaves open stays `None`.

#[cfg(fuzzing)]
pub mod fuzzing;

mod checks;
mod contents;
mod credentials;
mod digest;
mod dockerfile;
mod engine;
mod evidence;
mod installs;
mod once;
mod open_question;
mod place;
mod python_release;
mod ranges;
mod recipe;
mod reference;
mod registry;
mod render;
mod requirements;
mod resolve;
mod scene;
mod size;
mod spec;
mod tag;
mod written;

pub use checks::*;
pub use contents::{
    Contents, CudaNeed, DebianPackage, Found, FrameworkInside, PythonPackage, RunsOn,
};
pub use credentials::{Credential, CredentialsError};
pub use dockerfile::{Dockerfile, DockerfileError};
pub use engine::{
    BuildEvent, BuildRequest, Built, ContainerEngine, Context, ContextError, EngineError,
    EngineHost, EngineVariables, HostError, Ignore, IgnoreError, LocalImage, PushEvent, Pushed,
    RunOutcome, RunRequest, StepName,
};
pub use evidence::{EVIDENCE_SCHEMA, Evidence, TestRun, TestedImage, Verdict};
pub use open_question::{OpenQuestion, open_questions};
pub use place::{Place, Placed};
pub use recipe::{AptPackage, Base, PipRequirement, PythonFrom, Recipe, RequirementsUse};
pub use reference::{Reference, ReferenceError};
pub use registry::{
    Blob, Descriptor, Manifest, ManifestPlatform, PullError, RegistryClient, RegistryError,
    RegistryOptions, Trouble,
};
pub use render::{MARKER, Pins, RenderError, RenderOptions, RenderedFile, Seal, render, seal};
pub use requirements::{
    Fetch, IndexKind, Lock, LockedPackage, PackageIndex, RequirementsError, RequirementsFile,
    RequirementsKind, without_credentials,
};
pub use resolve::{Conflict, Reason, Resolution, ResolveOutcome, ResolveRequest, python_platform};
pub use scene::{Fleet, Gpu, Requirements, Scene, check};
pub use size::{ImageSize, Needless, PackageSize, StepSize};
pub use spec::{
    Copy, Engine, Healthcheck, Image, ImageName, Model, Portable, Project, PythonSource, Registry,
    Spec, SpecError, Stack, Usage, Visibility, version_range,
};
pub use tag::{Commit, TagFault, TagParts, is_dirty, reference_for};
