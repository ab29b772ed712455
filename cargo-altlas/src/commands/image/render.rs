//! `cargo altlas image render`.

use super::{
    check::{self, no_images},
    requirements,
};
use crate::{
    config::{self, ConfigFile},
    environment,
    exit::{Exit, Failure},
    explained::codes,
    files,
    global::Global,
};
use clap::Args;
use image_spec::{
    Pins, Recipe, RenderOptions, RenderedFile, RequirementsFile, Seal, Spec, SpecError,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::{Path, PathBuf},
};

/// Write the Dockerfile of the images in the config, with all that it copies
///
/// One `Dockerfile` with a stage for each image, `.dockerignore`, the self-test that each image gets as
/// `altlas-selftest`, and for models a manifest with their checksums. What an image holds is installed
/// by hash where `cargo altlas image lock` has written a lock. A file that altlas did not write, or that
/// was edited since, is left as it is.
#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    /// Names of images in the config; all of them where none is named
    names: Vec<String>,

    /// A file for each image, complete by itself: `Dockerfile.dev`, `Dockerfile.prod`
    #[arg(long)]
    split: bool,

    /// Write the frameworks to `requirements-gpu.txt` and install from it
    #[arg(long)]
    requirements: bool,

    /// The folder that the files are written to [default: that of the config]
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,

    /// Write nothing; show what would change, and end with 1 where something would
    #[arg(long, conflicts_with = "stdout")]
    check: bool,

    /// Print the Dockerfile and write nothing
    #[arg(long)]
    stdout: bool,

    /// Overwrite files that altlas did not write or that were edited, and render images with errors
    #[arg(long)]
    force: bool,
}

/// What is compared is far smaller.
const LARGEST: u64 = 16 * 1024 * 1024;

pub(crate) fn run(args: &RenderArgs, global: &Global) -> Result<Exit, Failure> {
    let config = config::find(global.config.as_deref(), &environment::folder(), &codes())
        .map_err(Failure::usage)?
        .ok_or_else(|| Failure::usage(anyhow::anyhow!("there is no config to render from")))?;
    let context = context(&config);
    let output = args.output.clone().unwrap_or_else(|| context.clone());
    let options = RenderOptions {
        names: args.names.clone(),
        split: args.split,
        requirements: args.requirements,
        folder: below(&context, &output),
        ..RenderOptions::default()
    };
    let spec = config.config.spec();
    let rendered = rendered(&spec, &context, options, |error| no_images(error, &config))?;
    if !args.force {
        let names: Vec<&str> = args.names.iter().map(String::as_str).collect();
        let codes = check::error_codes(&config, &names)?;
        if !codes.is_empty() {
            let codes: Vec<&str> = codes.into_iter().collect();
            files::note_line(&format!(
                "not rendered, for the images have errors: {}; `cargo altlas image check` says more, \
                 and `--force` renders all the same",
                codes.join(", ")
            ));
            return Ok(Exit::Findings);
        }
    }
    if args.stdout {
        files::print(&dockerfiles(&rendered)).map_err(Failure::could_not)?;
        return Ok(Exit::Clean);
    }
    if args.check {
        return compare(&rendered, &output);
    }
    write(&rendered, &output, args.force)
}

/// The folder that is built: that of the config.
fn context(config: &ConfigFile) -> PathBuf {
    let folder = config.path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

/// The files for the images of `spec`, whose build context is `context`. Of `options` the locks and
/// includes are filled in from the disk. `wrong` says where a wrong specification is written.
///
/// # Errors
/// Where it cannot be rendered, or a requirements file cannot be read.
pub(super) fn rendered(
    spec: &Spec,
    context: &Path,
    mut options: RenderOptions,
    wrong: impl Fn(&SpecError) -> Failure,
) -> Result<Vec<RenderedFile>, Failure> {
    let read = requirements::of_spec(spec, context).map_err(Failure::usage)?;
    let recipes = Recipe::from_spec(spec, &read).map_err(|error| wrong(&error))?;
    options.locks = locks(spec, context)?;
    options.includes = includes(spec, context)?;
    image_spec::render(spec, &recipes, &options).map_err(Failure::usage)
}

/// The locks that lie beside the config.
fn locks(spec: &Spec, context: &Path) -> Result<BTreeMap<String, Pins>, Failure> {
    let mut locks = BTreeMap::new();
    for name in spec.images.keys() {
        let path = context.join(requirements::lock_name(name));
        if path.is_file() {
            let bytes = files::read(&path, LARGEST).map_err(Failure::usage)?;
            locks.insert(name.clone(), Pins::read(&String::from_utf8_lossy(&bytes)));
        }
    }
    Ok(locks)
}

/// What each requirements file includes, in any depth.
fn includes(spec: &Spec, context: &Path) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let mut all = BTreeMap::new();
    for name in spec.images.values().flat_map(|image| &image.requirements) {
        let mut opened = BTreeSet::new();
        RequirementsFile::read(&context.join(name), &mut |path| {
            opened.insert(path.to_owned());
            requirements::bytes(context, path)
        })
        .map_err(Failure::usage)?;
        let inside = opened.iter().filter_map(|path| path.strip_prefix(context).ok());
        let others = inside.filter(|path| *path != Path::new(name));
        let others = others.map(|path| path.display().to_string()).collect();
        all.insert(name.trim_start_matches("./").to_owned(), others);
    }
    Ok(all)
}

/// The folder `output` as seen from `context`; empty where it is the same, or lies elsewhere and is
/// a context of its own.
fn below(context: &Path, output: &Path) -> String {
    let here = environment::folder();
    let whole = |path: &Path| {
        let joined = here.join(path);
        std::fs::canonicalize(&joined).unwrap_or(joined)
    };
    let (context, output) = (whole(context), whole(output));
    output.strip_prefix(&context).map(|path| path.display().to_string()).unwrap_or_default()
}

/// The Dockerfiles; where there are several, each below its name.
fn dockerfiles(rendered: &[RenderedFile]) -> String {
    let is_dockerfile = |file: &&RenderedFile| {
        let name = file.path.display().to_string();
        name.starts_with("Dockerfile") && !name.ends_with(".dockerignore")
    };
    let found: Vec<&RenderedFile> = rendered.iter().filter(is_dockerfile).collect();
    if let [file] = found.as_slice() {
        return file.text.clone();
    }
    let below_name =
        |file: &&RenderedFile| format!("==> {} <==\n{}", file.path.display(), file.text);
    found.iter().map(below_name).collect::<Vec<_>>().join("\n")
}

/// What lies on the disk; `None` where there is nothing.
fn on_disk(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    files::read(path, LARGEST).map(Some).map_err(Failure::could_not)
}

fn compare(rendered: &[RenderedFile], output: &Path) -> Result<Exit, Failure> {
    let mut shown = String::new();
    for file in rendered {
        let path = output.join(&file.path);
        let found = on_disk(&path)?;
        let old = found.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        if found.as_deref() == Some(file.text.as_bytes()) {
            continue;
        }
        let name = path.display().to_string();
        let before = if found.is_some() { name.as_str() } else { "/dev/null" };
        let diff = similar::TextDiff::from_lines(&*old, &file.text);
        shown.push_str(&diff.unified_diff().header(before, &name).to_string());
    }
    if shown.is_empty() {
        return Ok(Exit::Clean);
    }
    files::print(&shown).map_err(Failure::could_not)?;
    files::note_line("run `cargo altlas image render` to write this");
    Ok(Exit::Findings)
}

/// Why a file is not overwritten.
fn in_the_way(path: &Path, seal: Seal) -> anyhow::Error {
    let why = match seal {
        Seal::Broken => "was edited after altlas wrote it",
        Seal::None | Seal::Whole => "was not written by altlas",
    };
    anyhow::anyhow!(
        "`{}` {why}, and nothing was written; `--force` overwrites it, `--output FOLDER` writes \
         elsewhere, and `--check` shows what would change",
        path.display()
    )
}

fn write(rendered: &[RenderedFile], output: &Path, force: bool) -> Result<Exit, Failure> {
    // First whether all can be written: half of the files would fit neither the old nor the new.
    let mut changed = Vec::new();
    for file in rendered {
        let path = output.join(&file.path);
        match on_disk(&path)? {
            Some(bytes) if bytes == file.text.as_bytes() => {}
            Some(bytes) if !force && image_spec::seal(&bytes) != Seal::Whole => {
                return Err(Failure::usage(in_the_way(&path, image_spec::seal(&bytes))));
            }
            _ => changed.push((path, &file.text)),
        }
    }
    std::fs::create_dir_all(output)
        .map_err(|error| {
            anyhow::Error::new(error).context(format!("could not make `{}`", output.display()))
        })
        .map_err(Failure::could_not)?;
    let mut said = String::new();
    for (path, text) in changed {
        files::write(&path, text.as_bytes()).map_err(Failure::could_not)?;
        // Writing to a text cannot fail.
        let _ = writeln!(said, "wrote {}", path.display());
    }
    if said.is_empty() {
        said.push_str("nothing changed\n");
    }
    files::print(&said).map_err(Failure::could_not)?;
    Ok(Exit::Clean)
}
