//! `cargo altlas facts update`.

use super::{
    Format,
    http::{Answer, Http},
    image_tags, index_url, simple_index,
};
use crate::{
    environment,
    exit::{Exit, Failure},
    files,
};
use clap::Args;
use cuda_compat::{PythonVersion, cudnn_releases, framework_builds};
use pep440_rs::Version;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    num::NonZeroU64,
    path::PathBuf,
    sync::Mutex,
    time::Duration,
};

/// Ask registries what is newer than the tables
///
/// Looks up the releases of every framework with their Pythons, and the tags of nvidia/cuda, and
/// shows what the tables do not have. The tables are part of the program and stay as they are: with
/// `--output` the difference is written as JSON, for adding rows. Where a registry does not answer,
/// that is said, and the exit code is 3.
#[derive(Debug, Args)]
pub(super) struct UpdateArgs {
    /// The Python package index; else the one that pip or uv is told to use, else PyPI
    #[arg(long, value_name = "URL")]
    index_url: Option<String>,

    /// Where PyTorch's indexes are
    #[arg(long, default_value = "https://download.pytorch.org/whl", value_name = "URL")]
    pytorch_url: String,

    /// NVIDIA's package index
    #[arg(long, default_value = "https://pypi.nvidia.com", value_name = "URL")]
    nvidia_url: String,

    /// The registry of images
    #[arg(long, default_value = "https://registry-1.docker.io", value_name = "URL")]
    registry_url: String,

    /// How long to wait for an answer
    #[arg(long, default_value = "20", value_name = "SECONDS")]
    timeout: NonZeroU64,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    format: Format,

    /// Write the difference as JSON to this file as well
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A project on an index, with the releases that the tables have.
#[derive(Debug)]
struct Project {
    name: String,
    /// `None` is the package index; `cu126` and the like PyTorch's; a host name NVIDIA's.
    index: Option<String>,
    known: BTreeSet<Version>,
    /// What the tables have of it on other indexes, such as source packages that fetch wheels there.
    elsewhere: BTreeSet<Version>,
}

/// What came of one source.
#[derive(Debug, PartialEq)]
struct Looked {
    source: String,
    found: Result<News, String>,
}

/// What the tables do not have.
#[derive(Debug, Default, PartialEq)]
struct News {
    /// Newer things, each as people write it and as JSON.
    new: Vec<(String, Value)>,
    /// Things of the tables that are no longer there.
    gone: Vec<String>,
}

pub(super) fn run(args: &UpdateArgs) -> Result<Exit, Failure> {
    let index = args.index_url.clone().unwrap_or_else(|| {
        index_url::index_url(&environment::package_index(), |path| {
            String::from_utf8(files::read(path, 1024 * 1024).ok()?).ok()
        })
    });
    let http = Http::new(Duration::from_secs(args.timeout.get()));
    let looked = look(&http, args, &index);
    let value = as_json(&looked);
    if let Some(path) = &args.output {
        files::write(path, format!("{value:#}\n").as_bytes()).map_err(Failure::could_not)?;
    }
    let text = match args.format {
        Format::Human => as_text(&looked),
        Format::Json => format!("{value:#}\n"),
    };
    files::print(&text).map_err(Failure::could_not)?;
    let all = looked.iter().all(|looked| looked.found.is_ok());
    Ok(if all { Exit::Clean } else { Exit::CouldNotLook })
}

/// Asks all sources, a few at once; the answers stay in order.
fn look(http: &Http, args: &UpdateArgs, index: &str) -> Vec<Looked> {
    let projects = projects();
    let base = |project: &Project| match project.index.as_deref() {
        None => index.to_owned(),
        Some(name) if name.starts_with("cu") => {
            format!("{}/{name}", args.pytorch_url.trim_end_matches('/'))
        }
        Some(_) => args.nvidia_url.clone(),
    };
    let next = Mutex::new(projects.iter().enumerate());
    let answers = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some((position, project)) = take(&next) {
                    let found = look_up(http, &base(project), project);
                    let looked = Looked { source: project.to_string(), found };
                    if let Ok(mut answers) = answers.lock() {
                        answers.insert(position, looked);
                    }
                }
            });
        }
    });
    let answers = answers.into_inner().unwrap_or_default();
    answers
        .into_values()
        .chain([look_up_tags(http, args.registry_url.trim_end_matches('/'))])
        .collect()
}

fn take<T>(next: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    next.lock().ok()?.next()
}

/// Every project that a table names, with what it has of it.
fn projects() -> Vec<Project> {
    let mut known: BTreeMap<(Option<String>, String), BTreeSet<Version>> = BTreeMap::new();
    for row in framework_builds() {
        let name = project_of(&row.package);
        known.entry((row.index.clone(), name)).or_default().extend(row.versions.iter().cloned());
    }
    for release in cudnn_releases() {
        for major in &release.cuda_majors {
            let version = release.cudnn.to_string().parse();
            let name = format!("nvidia-cudnn-cu{major}");
            known.entry((None, name)).or_default().extend(version);
        }
    }
    let elsewhere = |index: &Option<String>, name: &str| {
        let others = known.iter().filter(|((other, named), _)| other != index && named == name);
        others.flat_map(|(_, versions)| versions.iter().cloned()).collect()
    };
    let project = |((index, name), versions): (&(Option<String>, String), &BTreeSet<Version>)| {
        let elsewhere = elsewhere(index, name);
        Project { name: name.clone(), index: index.clone(), known: versions.clone(), elsewhere }
    };
    known.iter().map(project).collect()
}

/// The project whose files say what a package is built for: `jax[cuda12]` is `jax-cuda12-plugin`.
fn project_of(package: &str) -> String {
    match package.split_once('[') {
        Some(("jax", extra)) => {
            format!("jax-{}-plugin", extra.trim_end_matches(']').trim_end_matches("-local"))
        }
        Some((name, _)) => name.to_owned(),
        None => package.to_owned(),
    }
}

impl std::fmt::Display for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let index = self.index.as_deref();
        index.map_or(Ok(()), |index| write!(f, "{index}: "))?;
        f.write_str(&self.name)
    }
}

fn look_up(http: &Http, base: &str, project: &Project) -> Result<News, String> {
    let address = format!("{}/{}/", base.trim_end_matches('/'), project.name);
    let answer = http.get(&address, simple_index::ACCEPT, None).and_then(Answer::good);
    let answer = answer.map_err(|error| error.to_string())?;
    let found = simple_index::releases(&answer.kind, &answer.body);
    let found = found.map_err(|error| error.to_string())?;
    // What is older than the oldest row was left out on purpose.
    let oldest = project.known.first();
    let is_new = |version: &Version| {
        oldest.is_none_or(|oldest| version > oldest) && !project.known.contains(version)
    };
    let is_new = |version: &Version, pythons: &BTreeSet<PythonVersion>| {
        is_new(version) && !(pythons.is_empty() && project.elsewhere.contains(version))
    };
    let new = found.iter().filter(|(version, pythons)| is_new(version, pythons)).map(
        |(version, pythons)| {
            let pythons: Vec<String> = pythons.iter().map(ToString::to_string).collect();
            let text = if pythons.is_empty() {
                version.to_string()
            } else {
                format!("{version} for Python {}", pythons.join(", "))
            };
            (text, json!({"version": version.to_string(), "pythons": pythons}))
        },
    );
    let gone = project.known.iter().filter(|version| !found.contains_key(version));
    Ok(News { new: new.collect(), gone: gone.map(ToString::to_string).collect() })
}

fn look_up_tags(http: &Http, registry: &str) -> Looked {
    let found = image_tags::tags(http, registry).map_err(|error| error.to_string()).map(|tags| {
        let found = image_tags::difference(&tags);
        let new = found.new.into_iter().map(|tag| (tag.clone(), json!({"tag": tag})));
        News { new: new.collect(), gone: found.gone }
    });
    Looked { source: "tags of nvidia/cuda".to_owned(), found }
}

fn as_text(looked: &[Looked]) -> String {
    let mut text = String::new();
    let list = |text: &mut String, source: &str, what: &str, items: &[&str]| {
        let _ = writeln!(text, "{source}: {what} {}", items.join("; "));
    };
    for Looked { source, found } in looked {
        let Ok(news) = found else { continue };
        if !news.new.is_empty() {
            let items: Vec<&str> = news.new.iter().map(|(text, _)| text.as_str()).collect();
            list(&mut text, source, "not in the tables:", &items);
        }
        if !news.gone.is_empty() {
            let items: Vec<&str> = news.gone.iter().map(String::as_str).collect();
            list(&mut text, source, "in the tables and no longer there:", &items);
        }
    }
    let unlooked = looked.iter().filter_map(|it| it.found.as_ref().err().map(|why| (it, why)));
    for (Looked { source, .. }, why) in unlooked.clone() {
        let _ = writeln!(text, "could not look up {source}: {why}");
    }
    let differ = |it: &&Looked| it.found.as_ref().is_ok_and(|news| *news != News::default());
    let _ = writeln!(
        text,
        "{} sources: {} differ from the tables, {} could not be looked up",
        looked.len(),
        looked.iter().filter(differ).count(),
        unlooked.count(),
    );
    text
}

fn as_json(looked: &[Looked]) -> Value {
    let one = |Looked { source, found }: &Looked| match found {
        Err(why) => json!({"source": source, "could_not_look": why}),
        Ok(news) => {
            let new: Vec<&Value> = news.new.iter().map(|(_, value)| value).collect();
            json!({"source": source, "new": new, "gone": news.gone})
        }
    };
    let sources: Vec<Value> = looked.iter().map(one).collect();
    json!({"day": super::today().to_string(), "sources": sources})
}

#[cfg(test)]
mod tests;
