//! Where an image is that a command reads: an archive, a layout, the engine, or a registry.

use super::docker::{self, EngineArgs};
use crate::{
    exit::{Exit, Failure},
    progress::Progress,
};
use anyhow::{Context, anyhow};
use clap::Args;
use image_layers::{Image, Want, read_archive, read_layout};
use image_spec::{PullError, Reference, RegistryClient, RegistryOptions};
use std::{fs::File, io::BufReader, path::Path};

/// Which image is read, and from where.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// A reference such as `registry.example.com/team/app:1.0`, a file that `docker save` wrote, or a
    /// folder with an OCI layout
    pub(super) image: String,

    /// Ask the registry, also where the engine has the image
    #[arg(long)]
    registry: bool,

    /// Of several images in an archive or layout, the one with this name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Of an image for several platforms, the one for this processor
    #[arg(long, value_name = "ARCHITECTURE", default_value = "amd64")]
    architecture: String,

    #[command(flatten)]
    engine: EngineArgs,
}

impl SourceArgs {
    /// Reads the image; the text says where it was.
    pub(super) fn read(&self, want: &Want<'static>) -> Result<(Image, String), Failure> {
        let path = Path::new(&self.image);
        let progress = Progress::start();
        progress.step(&format!("reading {}", self.image));
        let name = self.name.as_deref();
        if path.is_dir() {
            let image = read_layout(path, name, want);
            return finish(image, format!("the layout in `{}`", path.display()));
        }
        if path.is_file() {
            let file = File::open(path)
                .with_context(|| format!("could not read `{}`", path.display()))
                .map_err(Failure::usage)?;
            let image = read_archive(BufReader::new(file), name, want);
            return finish(image, format!("the archive `{}`", path.display()));
        }
        let reference: Reference = self
            .image
            .parse()
            .with_context(|| format!("there is no file `{}`, and", self.image))
            .map_err(Failure::usage)?;
        if self.registry { self.pull(&reference, want, &progress) } else { self.local(want) }
    }

    /// From the engine.
    fn local(&self, want: &Want<'static>) -> Result<(Image, String), Failure> {
        let (engine, _) = self.engine.connect().map_err(|failure| Failure {
            error: anyhow!(
                "{:#}; `--registry` reads it from its registry, without an engine",
                failure.error
            ),
            ..failure
        })?;
        if engine.image(&self.image).map_err(docker::failure)?.is_none() {
            return Err(Failure::usage(anyhow!(
                "the Docker Engine at {} has no image `{}`; pull it, or look into the registry \
                 with `--registry`",
                engine.host(),
                self.image
            )));
        }
        let read = engine.save(&self.image, |stream| read_archive(stream, None, want));
        finish(read.map_err(docker::failure)?, format!("the Docker Engine at {}", engine.host()))
    }

    /// From its registry, without an engine.
    fn pull(
        &self,
        reference: &Reference,
        want: &Want<'static>,
        progress: &Progress,
    ) -> Result<(Image, String), Failure> {
        let options = RegistryOptions {
            docker_config: docker::docker_config(),
            certificates: Some("/etc/docker/certs.d".into()),
            ..RegistryOptions::default()
        };
        let registry = reference.registry.as_deref();
        let client = RegistryClient::new(registry, &options).map_err(Failure::could_not)?;
        let say = |words: &str| progress.step(&format!("reading {reference}: {words}"));
        let image = client.image(reference, &self.architecture, want, &say);
        let place = format!("the registry {}", registry.unwrap_or("docker.io"));
        match image {
            Ok(image) => Ok((image, place)),
            Err(error @ PullError::NotThere(_)) => Err(Failure::usage(error)),
            Err(error) => Err(Failure::could_not(error)),
        }
    }
}

fn finish(
    image: Result<Image, image_layers::ImageError>,
    place: String,
) -> Result<(Image, String), Failure> {
    match image {
        Ok(image) => Ok((image, place)),
        Err(error) => Err(Failure {
            exit: Exit::Usage,
            error: anyhow::Error::new(error).context(format!("could not read {place}")),
        }),
    }
}
